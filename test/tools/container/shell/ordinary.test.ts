// What people do with a shell, and what they get.

import { expect, test } from "vitest";
import { TestShell } from "../../../support/shell.ts";

test.for<[command: string, stdout: string]>([
  ["echo one | tr a-z A-Z", "ONE\n"],
  ["printf 'b\\na\\nb\\n' | sort | uniq -c | sort -rn | head -1", "   2 b\n"],
  ["echo a > f; echo b >> f; cat < f", "a\nb\n"],
  ["cat <<END\n$((1 + 2))\nEND", "3\n"],
  ["cat <<'END' | wc -l\n$x\n  y\nEND", "2\n"],
  ["mkdir -p d/e; touch d/e/1.txt d/e/2.txt d/x; echo d/*/*.txt", "d/e/1.txt d/e/2.txt\n"],
  ["mkdir d; touch d/a d/b; ls d; rm -r d; ls", "a\nb\n"],
  ["f() { local n=$1; ((n > 1)) && f $((n - 1)); echo $n; }; f 3", "1\n2\n3\n"],
  ["for i in 1 2 3; do [[ $i == 2 ]] && continue; echo $i; done", "1\n3\n"],
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the shell's own
  ["a=(x y z); echo ${#a[@]} ${a[-1]} ${a[@]:1:1}", "3 z y\n"],
  [
    "x=path/to/file.tar.gz; echo ${x##*/} ${x%%.*} ${x/to/from}",
    "file.tar.gz path/to/file path/from/file.tar.gz\n",
  ],
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: the shell's own
  ['echo \'{"a": [1, {"b": "c"}]}\' | jq -c ".a[1]"', '{"b":"c"}\n'],
  ["printf 'x,1\\ny,2\\n' | awk -F, '{s += $2} END {print s}'", "3\n"],
  ["echo 'say hello' | sed -E 's/(\\w+) (\\w+)/\\2 \\1/'", "hello say\n"],
  ["mkdir d; echo needle > d/a; echo hay > d/b; grep -rl needle d", "d/a\n"],
  ["touch a.txt b.md; find . -name '*.md' -type f", "./b.md\n"],
  ["touch a b; find . -type f | sort | xargs echo", "./a ./b\n"],
  ["seq 3 | paste -sd+ -", "1+2+3\n"],
  ["echo é | wc -c; printf 'é' > f; cat f", "3\né"],
  ["echo hi | tee f | base64; sha256sum < f | cut -c1-8", "aGkK\n98ea6e4f\n"],
  ["echo AP8Q | base64 -d > f; cp f g; cat f g | base64; stat -c %s g", "AP8QAP8Q\n3\n"],
  ["echo a > f; ln -s f l; cat l; readlink l; [ -L l ] && echo link", "a\nf\nlink\n"],
  ["echo a > f; cp f g; mv g h; cat h; ls", "a\nf\nh\n"],
  ["mkdir a; echo 1 > a/f; cp -r a b; cat b/f", "1\n"],
  ["printf '#!/bin/bash\\necho $1\\n' > s; chmod +x s; ./s hello", "hello\n"],
  ["echo 'echo from $0' > s.sh; bash s.sh; . ./s.sh > /dev/null", "from s.sh\n"],
  ["ls nothing 2> /dev/null || echo none; ls nothing 2>&1 | wc -l", "none\n1\n"],
  ["set -e; false; echo never", ""],
  ["diff <(echo a) <(echo b) | tail -2", "-a\n+b\n"],
  ["cat <(echo a) - <<< b", "a\nb\n"],
  ["which ls; type -t ls; command -v nothing", "/bin/ls\nfile\n"],
  [
    "echo $HOME $PWD; cd /; pwd; cd; pwd; cd - > /dev/null; pwd",
    "/workspace /workspace\n/\n/workspace\n/\n",
  ],
])("%s", async ([command, stdout]) => {
  const result = await new TestShell().run(command);
  expect({ ...result, return_code: 0 }).toMatchObject({ stdout, stderr: "" });
});

test.for<[command: string, code: number, stderr: string]>([
  ["exit 3", 3, ""],
  ["false", 1, ""],
  ["nothing", 127, "bash: nothing: command not found\n"],
  ["cat nothing", 1, "cat: nothing: No such file or directory\n"],
  ["if", 2, "syntax error"],
])("%s ends with %s", async ([command, return_code, stderr]) => {
  const result = await new TestShell().run(command);
  expect(result).toMatchObject({ return_code, stderr: expect.stringContaining(stderr) });
});

test("files and the working directory stay, and nothing else", async () => {
  const shell = new TestShell();
  await shell.run(
    "mkdir d; cd d; echo a > f; export X=1; y=2; f() { echo f; }; set -f; alias l=ls",
  );
  const { stdout, directory } = await shell.run("pwd; cat f; echo [$X$y]; type f; echo *");
  expect(stdout).toBe("/workspace/d\na\n[]\nf\n");
  expect(directory).toBe("/workspace/d");
});

test.for<[command: string, directory: string]>([
  ["cd /; exit 3", "/workspace"],
  ["mkdir d; cd d; rm -r ../d", "/workspace"],
  ["PWD=/nowhere", "/workspace"],
  ["PWD=../..", "/workspace"],
  ["unset PWD", "/workspace"],
  ["(cd /)", "/workspace"],
])("after `%s` the next call begins in %s", async ([command, directory]) => {
  expect(await new TestShell().run(command)).toMatchObject({ directory });
});

test("the environment holds nothing of the service's", async () => {
  const { stdout } = await new TestShell().run("export -p | cut -d= -f1");
  expect(stdout.match(/[A-Z]+/g)).toEqual(["HOME", "LANG", "OLDPWD", "PATH", "PWD"]);
});

test("a long output is cut, and says so", async () => {
  const { stdout } = await new TestShell().run("seq 50000");
  expect(stdout).toMatch(/\n\[Cut off: the output has 288894 characters, .* first 100000\.\]\n$/);
  expect(stdout.length).toBeLessThan(100_100);
});

test("a call that nobody waits for any more ends", async () => {
  const signal = AbortSignal.timeout(50);
  await expect(new TestShell().run("sleep 60; echo on", 60, signal)).resolves.toBeDefined();
});
