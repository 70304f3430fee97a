// Package x86 is the processor's instructions that Go has no words for, each once, and the numbers that go with them:
// model-specific registers, bits of control and debug registers, of RFLAGS. It decides nothing and imports nothing, so
// whatever runs on the processor, in either ring, may use it.
//
// Every call costs a call: some 5 instructions. Code that may not call, because it has no stack or no Go yet, has the
// instruction itself: board/pc/entry_amd64.s, and kernel/arch on its way in and out of ring 3.
package x86
