// The interpreter of commands, loaded before tests begin. A container loads it with its first command:
// on a busy machine that takes a good part of the time that the settings here leave a tool.

import "just-bash/browser";
