package sdk

import "bennu/kernel/abi"

// maxAsked is how many requests of Asks and of other goroutines' Calls the reincarnation server may owe answers to.
const maxAsked = 64

// asks is the tags of these, oldest first. The server dies like anybody, and what it was doing its next life does again: an answer that had
// been given comes a second time. Only the kernel's own numbers tell that of a sendrec; here a tag whose answer has come is open no more.
type asks struct {
	tag [maxAsked]uint64
	n   int
}

func (a *asks) room() bool { return a.n < maxAsked }

// opens notes a request. Precondition: room.
func (a *asks) opens(tag uint64) {
	a.tag[a.n] = tag
	a.n++
}

// closes takes the request that m answers off the list; with those after it that it stands for, too, if the server had no place for them.
// False: it is not open.
func (a *asks) closes(m *abi.Msg) bool {
	for i, tag := range a.tag[:a.n] {
		if tag != m.Arg[6] {
			continue
		}
		n := 1
		if abi.Errno(m.Arg[0]) == abi.EAGAIN && abi.Why(m.Arg[5]) == abi.WhyTooMany {
			n = int(min(max(m.Arg[1], 1), uint64(a.n-i)))
		}
		copy(a.tag[i:], a.tag[i+n:a.n])
		a.n -= n
		return true
	}
	return false
}
