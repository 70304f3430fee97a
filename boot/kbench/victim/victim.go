// Package victim writes the smallest service that can die: machine code without a language's run-time, so that its rebirth is the
// kernel's and the reincarnation server's part alone. c/victim.c is the same in C.
package victim

import (
	"encoding/binary"

	"bennu/boot/ktest/code"
	"bennu/drivers/protocol/faulty"
	"bennu/kernel/abi"
)

// Offsets in the call page, and of the root task's endpoint in the start page.
const (
	msgType, arg0 = 4, 8 // after the source
	root          = 16
)

// assembly is code with labels. R12 holds the root task's endpoint, RBX the call page; both outlive a call.
type assembly struct {
	*code.Prog
	labels map[string]uint64
	jumps  map[int]string // where the 32-bit displacement of a jump is
}

// ELF is the executable.
func ELF() []byte { return code.ELF(text(), nil) }

func text() []byte {
	a := assembly{code.New(), map[string]uint64{}, map[int]string{}}
	a.Load(code.R12, abi.StartPage+root).Bytes(0x45, 0x89, 0xe4) // MOV R12D, R12D
	a.Set(code.BX, abi.CallPage)
	a.message(abi.RSReady)
	a.call(abi.CallSendRec)
	a.label("receive")
	a.Call(abi.CallReceive, uint64(abi.Any), abi.NoTimeout)
	a.when(faulty.Do, "fault")
	a.when(abi.MsgNotify, "ping")
	a.when(abi.RSStop, "stop")
	a.Bytes(0x8b, 0x3b) // MOV EDI, [RBX+source]
	a.message(abi.MsgReply)
	a.Set(code.AX, uint64(abi.CallSendNB)).Bytes(0x0f, 0x05)
	a.jump("receive", 0xe9)
	a.label("ping")
	a.message(abi.RSHeartbeat)
	a.call(abi.CallSend)
	a.jump("receive", 0xe9)
	a.label("stop")
	a.Exit(0)
	a.label("fault")
	a.Bytes(0x0f, 0x0b) // UD2
	return a.link()
}

// message writes a type, and a zero into Arg[0].
func (a *assembly) message(t abi.MsgType) {
	a.Bytes(0xc7, 0x43, msgType).Bytes(binary.LittleEndian.AppendUint32(nil, uint32(t))...) // MOV DWORD [RBX+msgType], t
	a.Bytes(0x48, 0xc7, 0x43, arg0, 0, 0, 0, 0)                                             // MOV QWORD [RBX+arg0], 0
}

// call is a call about the root task, without a time limit.
func (a *assembly) call(nr abi.CallNr) {
	a.Bytes(0x4c, 0x89, 0xe7) // MOV RDI, R12
	a.Set(code.SI, abi.NoTimeout).Set(code.AX, uint64(nr)).Bytes(0x0f, 0x05)
}

// when jumps if the message has a type.
func (a *assembly) when(t abi.MsgType, label string) {
	a.Bytes(0x81, 0x7b, msgType).Bytes(binary.LittleEndian.AppendUint32(nil, uint32(t))...) // CMP DWORD [RBX+msgType], t
	a.jump(label, 0x0f, 0x84)                                                               // JE
}

func (a *assembly) label(name string) { a.labels[name] = a.At() }

func (a *assembly) jump(label string, opcode ...byte) {
	a.Bytes(opcode...)
	a.jumps[len(a.Text())] = label
	a.Bytes(0, 0, 0, 0)
}

// link fills in where the jumps go.
func (a *assembly) link() []byte {
	b := a.Text()
	for at, label := range a.jumps {
		binary.LittleEndian.PutUint32(b[at:], uint32(a.labels[label]-(code.Text+uint64(at)+4)))
	}
	return b
}
