// Attempts to get out of a container, or to make it spend without end: what each gets, and that the shell
// goes on after it.

import { expect, test } from "vitest";
import { TestShell } from "../../../support/shell.ts";

/** What a command that took too long returns. */
const TIMED_OUT = 124;

const REGEX = "(a+)+$";
const LONG = "a".repeat(40);
const STARS = "*a".repeat(16);

type Attempt = [command: string, code: number, told: string];

const elsewhere: Attempt[] = [
  ["cat /etc/passwd", 1, "No such file"],
  ["cat ../../../../../etc/shadow", 1, "No such file"],
  ["cat /proc/self/environ /proc/1/cmdline", 1, "No such file"],
  ["ls /proc /sys /usr /root", 2, "No such file"],
  ["ln -s ../../../../etc/passwd l; cat l", 1, "No such file"],
  ["ln -s /proc/self l; cat l/environ", 1, "No such file"],
  ["ln -s /dev l; cat l/null", 1, "No such file"],
  ["ln -s a b; ln -s b a; cat a", 1, "No such file"],
  ["ln -s . s; cat s/s/s/s/s/s/s/s/s/s/s/s/s/f", 1, "No such file"],
  ["cd /tenants/globex/containers", 1, "No such file"],
  ["echo x > /bin/ls", 1, "/bin/ls: read-only file system"],
  ["echo x > /usr/bin/ls", 1, "no such file"],
  ["rm -r /bin /dev", 1, "read-only file system"],
  ["mv /workspace /bin/workspace", 1, "cannot"],
  ["mkdir -p /proc/self", 1, "No such file"],
  ["echo x > /mnt/skills/f", 1, "/mnt/skills/f: read-only file system"],
  ["cp /dev/null /mnt/skills/f", 1, "read-only file system"],
  ["ln -s /mnt/skills l; touch l/f", 1, "read-only file system"],
  ["ln -s /mnt/skills l; echo x >> l/f", 1, "l/f: read-only file system"],
  ["echo x > /dev/tcp/127.0.0.1/80", 1, "no such file"],
  ["touch a; ln a b", 1, "not allowed"],
  ["printf x > $'a\\0b'", 1, "No such file"],
  [`mkdir -p $(printf 'a%.0s' {1..5000})`, 1, "file name too long"],
];

const absent: Attempt[] = [
  "curl http://localhost",
  "wget http://localhost",
  "ssh localhost",
  "nc localhost 80",
  "python3 -c 1",
  "node -e 1",
  "js-exec 1",
  "sqlite3 x",
  "gzip x",
  "dd if=/dev/zero of=x",
  "yes",
  "kill -9 1",
  "sudo ls",
].map((command) => [command, 127, "not"]);

const endless: Attempt[] = [
  ["while true; do :; done", 126, "too many commands"],
  ["while true; do :; done &", 126, "too many commands"],
  ["until false; do echo x; done", 126, "too many commands"],
  ["for ((;;)); do ls > /dev/null; done", 126, "too many commands"],
  ["f() { f | f & }; f", 126, "maximum recursion depth"],
  ["f() { f; }; f", 126, "maximum recursion depth"],
  ["a() { eval a; }; a", 126, "maximum recursion depth"],
  ["a='$(eval $a)'; eval echo $a", 126, "nesting limit"],
  ["echo 'source s' > s; source s", 126, "maximum nesting depth"],
  ["echo 'bash s' > s; bash s", 126, "maximum nested execution depth"],
  ["sleep 1000", 124, "stopped after 2 seconds"],
  ["sleep 1000 & wait", 124, "stopped after 2 seconds"],
  ["timeout 1 sleep 1000", 124, ""],
  ["awk 'BEGIN { while (1); }'", 126, "exceeded maximum iterations"],
  ["awk 'BEGIN { for (;;) a[i++] = i }'", 126, "element limit"],
  ["awk 'function f() { f() } BEGIN { f() }'", 126, "recursion depth"],
  ["echo a | sed ':a;ba'", 126, "exceeded maximum iterations"],
  ["echo a | sed ':a;H;G;x;ba'", 126, "pattern space size limit"],
  ["jq -n 'repeat(1)'", 126, "too many iterations"],
  ["jq -n '1 | until(false; .)'", 126, "too many iterations"],
  ["jq -n 'def f: f; f'", 126, "depth limit"],
  [
    "find / -exec sh -c 'find / -exec ls {} \\;' \\; -exec $0 \\; > /dev/null; f() { f; }; f",
    126,
    "",
  ],
  ["seq 5000 > f; for ((;;)); do sort f | uniq -c > /dev/null; done", 126, "total output size"],
  ["seq 50000 > f; for ((;;)); do grep 999 f > /dev/null; done", 124, "stopped after 2 seconds"],
  [`x=$(seq 50000); for ((;;)); do y="\${x//9*b/c}"; done`, 124, "stopped after 2 seconds"],
];

const huge: Attempt[] = [
  ["x=aaaa; while true; do x=$x$x; done", 126, "string length limit"],
  ["seq 1000000000000", 126, "iteration limit"],
  ["printf %1000000000d 1", 126, "format width limit"],
  ["echo {1..100000000}", 126, "work limit"],
  [`echo ${"{a,b}".repeat(24)}`, 126, "work limit"],
  ["awk 'BEGIN { x = \"a\"; while (1) x = x x }'", 126, "size limit"],
  ["awk 'BEGIN { printf \"%1000000000d\", 1 }'", 126, "width limit"],
  ["jq -n '[range(1e12)]'", 126, "element limit"],
  ["jq -n '\"a\" * 1e9'", 126, "size limit"],
  ["x=$(seq 90000); cat <<< $x$x$x$x$x$x$x$x$x", 126, "limit"],
  ["seq 90000 > f; while true; do cat f >> g; done", 126, "total output size"],
  ["for i in $(seq 200); do mkdir d && cd d || exit; done", 1, "file name too long"],
  ["seq 9000 > a; seq 9000 -1 1 > b; diff a b", 2, "lines to compare"],
  ["echo a > f; split -b 0 f", 1, "invalid"],
];

const tangled: Attempt[] = [
  [`echo ${LONG}b | grep -E '${REGEX}'`, 1, ""],
  [`echo ${LONG}b | grep -P '${REGEX}'`, 1, ""],
  [`echo ${LONG}b | rg '${REGEX}'`, 1, ""],
  [`echo ${LONG}b | sed -E 's/${REGEX}/x/'`, 0, ""],
  [`echo ${LONG}b | awk '/${REGEX}/'`, 0, ""],
  [`echo '"${LONG}b"' | jq 'test("${REGEX}")'`, 0, ""],
  [`[[ ${LONG}b =~ ${REGEX} ]]`, 1, ""],
  [`[[ ${LONG}b == ${STARS}c ]]`, 1, ""],
  [`expr ${LONG}b : '\\(a*\\)*c'`, 1, ""],
  [`touch ${LONG}b; ls ${STARS}c`, 2, "No such file"],
  [`touch ${LONG}b; find . -name '${STARS}c' | grep .`, 1, ""],
  [`eval ${"'if true; then '".repeat(500)}`, 1, "nesting depth"],
  [`jq '${"[".repeat(3000)}'`, 5, "depth limit"],
  [`awk 'BEGIN { print ${"(".repeat(3000)} }'`, 126, "depth limit"],
  [`find . ${"\\( ".repeat(3000)}`, 1, "find: "],
];

test.for<Attempt>([...elsewhere, ...absent, ...endless, ...huge, ...tangled])(
  "%s",
  { timeout: 90_000 },
  async ([command, return_code, told]) => {
    const shell = new TestShell();
    // What counts steps is to end the others, however slow the machine is.
    const result = await shell.run(command, return_code === TIMED_OUT ? 2 : 60);
    expect(result).toMatchObject({ return_code, stderr: expect.stringContaining(told) });
    expect(result.stderr).not.toContain("executionLimits");
    expect(await shell.run("cd; echo on")).toMatchObject({ stdout: "on\n", return_code: 0 });
  },
);
