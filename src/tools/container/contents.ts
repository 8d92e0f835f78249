// What is in the files of a container, in pieces that fit into a row. The only code that knows the table
// `pieces`.

import { concat } from "../../lib/bytes.ts";

/** A value holds 2 MB; what is appended writes the last piece anew. */
const PIECE_BYTES = 256 * 1024;

const TABLE = `CREATE TABLE IF NOT EXISTS pieces (
  node  INTEGER NOT NULL,
  piece INTEGER NOT NULL,  -- 0, 1, 2 …, each full but the last
  bytes BLOB NOT NULL,
  PRIMARY KEY (node, piece)
) STRICT, WITHOUT ROWID`;

type Row = { piece: number; bytes: ArrayBuffer };

export class Contents {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(TABLE);
  }

  /** `size` is that of the file. */
  read(node: number, size: number): Uint8Array {
    const bytes = new Uint8Array(size);
    const rows = this.#sql.exec<Row>(
      "SELECT piece, bytes FROM pieces WHERE node = ? ORDER BY piece",
      node,
    );
    for (const row of rows) bytes.set(new Uint8Array(row.bytes), row.piece * PIECE_BYTES);
    return bytes;
  }

  /** Puts `bytes` behind the first `from` bytes of a file: it ends with them. */
  write(node: number, bytes: Uint8Array, from: number): void {
    const first = Math.floor(from / PIECE_BYTES);
    const kept = this.#beginning(node, first, from % PIECE_BYTES);
    this.#sql.exec("DELETE FROM pieces WHERE node = ? AND piece >= ?", node, first);
    const whole = kept.length > 0 ? concat([kept, bytes]) : bytes;
    for (let piece = first, at = 0; at < whole.length; piece += 1, at += PIECE_BYTES) {
      const part = whole.subarray(at, at + PIECE_BYTES);
      this.#sql.exec("INSERT INTO pieces VALUES (?, ?, ?)", node, piece, part);
    }
  }

  erase(node: number): void {
    this.#sql.exec("DELETE FROM pieces WHERE node = ?", node);
  }

  /** The first `length` bytes of a piece. */
  #beginning(node: number, piece: number, length: number): Uint8Array {
    if (length === 0) return new Uint8Array();
    const { bytes } = this.#sql
      .exec<Row>("SELECT piece, bytes FROM pieces WHERE node = ? AND piece = ?", node, piece)
      .one();
    return new Uint8Array(bytes, 0, length);
  }
}
