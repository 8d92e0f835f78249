// The endpoints of containers, one row each.

import { inPath, inQuery, json, type Operation } from "./operation.ts";

const container = inPath("container_id", "As the request of a message names it.");
const path = inPath("path", "Of a file, from the root of the container.");
const ONE = "/v1/containers/{container_id}";
const FILES = `${ONE}/files`;
const FILE = `${FILES}/{path}`;
const bytes = { "application/octet-stream": "Bytes" };

export const CONTAINER_OPERATIONS: readonly Operation[] = [
  {
    method: "get",
    path: ONE,
    summary: "A container: when it was made, when it will be gone, what is in it.",
    parameters: [container],
    answers: {
      200: { description: "The container.", content: json("Container") },
    },
    problems: [404, 422],
  },
  {
    method: "delete",
    path: ONE,
    summary: "Erase it with all its files.",
    parameters: [container],
    answers: { 204: { description: "It is gone." } },
    problems: [404, 422],
  },
  {
    method: "get",
    path: FILES,
    summary: "Its files, in the order of their paths.",
    parameters: [
      container,
      inQuery("limit", "How many at most; 100 unless said.", "integer"),
      inQuery("page", "The `next_page` of the page before."),
    ],
    answers: {
      200: { description: "A page of them.", content: json("FileList") },
    },
    problems: [404, 422],
  },
  {
    method: "get",
    path: FILE,
    summary: "What is in a file.",
    parameters: [container, path],
    answers: { 200: { description: "Its bytes.", content: bytes } },
    problems: [404, 409, 422],
  },
  {
    method: "put",
    path: FILE,
    summary: "Write a file, and make what leads to it, the container too.",
    parameters: [container, path],
    takesBytes: "Bytes",
    answers: {
      200: { description: "It was there.", content: json("WrittenFile") },
      201: { description: "It was not.", content: json("WrittenFile") },
    },
    problems: [409, 413, 422],
  },
  {
    method: "delete",
    path: FILE,
    summary: "Remove a file, or a directory that is empty.",
    parameters: [container, path],
    answers: { 204: { description: "It is gone." } },
    problems: [404, 409, 422],
  },
];
