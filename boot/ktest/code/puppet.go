package code

import "bennu/kernel/abi"

// A puppet is a task that does one thing at a time, as the words of its command say, and stops itself
// (PrivDisallow) between them: whoever may trace it and allow it pulls the strings. No message is
// needed for that, so messages can be what is tested.
//
// A privilege of a puppet must hold CallPrivCtl; without it the puppet ends with #UD.
const (
	PuppetWhat   = Data      // one of the addresses that Puppet returns
	PuppetAX     = Data + 8  // call number, or the value of an OUT
	PuppetArgs   = Data + 16 // five words: DI, SI, DX, R10, R8
	PuppetErrno  = Data + 56 // AX afterwards
	PuppetValue  = Data + 64 // DX afterwards
	PuppetDone   = Data + 72 // how many commands have ended
	PuppetMemory = Data + 0x1000
)

// PuppetCode is a puppet and what it can do.
type PuppetCode struct {
	ELF []byte
	// Values of PuppetWhat: a system call; IN and OUT of a byte at port DX; a load, and a store of SI, at address DI; storing there
	// one more than SI, for ever.
	Syscall, In8, Out8, Load, Store, Count uint64
}

// Puppet makes the puppet's executable.
func Puppet() PuppetCode {
	var c PuppetCode
	p := New()
	park := p.At()
	p.Load(SI, abi.StartPage+12).Bytes(0x89, 0xf6) // MOV ESI, ESI: the endpoint has 32 bits
	p.Set(DI, uint64(abi.PrivDisallow)).Set(AX, uint64(abi.CallPrivCtl)).Bytes(0x0f, 0x05)
	p.Unless(AX, 0)
	for i, r := range arguments {
		p.Load(r, PuppetArgs+8*uint64(i))
	}
	p.Load(CX, PuppetWhat).Load(AX, PuppetAX).Bytes(0xff, 0xe1) // JMP CX
	done := p.At()
	p.Store(PuppetErrno, AX).Store(PuppetValue, DX).Count(PuppetDone).Jump(park)
	c.Syscall = p.At()
	p.Bytes(0x0f, 0x05).Jump(done)
	c.In8 = p.At()
	p.Bytes(0xec).Jump(done) // IN AL, DX
	c.Out8 = p.At()
	p.Bytes(0xee).Jump(done) // OUT DX, AL
	c.Load = p.At()
	p.Bytes(0x48, 0x8b, 0x07).Jump(done) // MOV AX, [DI]
	c.Store = p.At()
	p.Bytes(0x48, 0x89, 0x37).Jump(done) // MOV [DI], SI
	c.Count = p.At()
	p.Bytes(0x48, 0xff, 0xc6, 0x48, 0x89, 0x37).Jump(c.Count) // INC SI; MOV [DI], SI
	c.ELF = p.ELF()
	return c
}
