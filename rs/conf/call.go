package conf

import "bennu/kernel/abi"

// Call is a name that `system` knows, and the bits of a call mask that it stands for.
type Call struct {
	Name string
	Mask uint64
}

// Calls are the names of kernel calls: MINIX's where it has one.
var Calls = []Call{
	{"EXIT", abi.CallBit(abi.CallExit)},
	{"PRIVCTL", abi.CallBit(abi.CallPrivCtl)},
	{"KILL", abi.CallBit(abi.CallTaskKill)},
	{"IRQCTL", abi.CallBit(abi.CallIRQCtl)},
	{"SETALARM", abi.CallBit(abi.CallSetAlarm)},
	{"TIMES", abi.CallBit(abi.CallTimes)},
	{"GETINFO", abi.CallBit(abi.CallGetInfo)},
	{"DIAGCTL", abi.CallBit(abi.CallDiag)},
	{"TRACE", abi.CallBit(abi.CallTrace)},
	{"SAFECOPYFROM", abi.CallBit(abi.CallCopyFrom)},
	{"SAFECOPYTO", abi.CallBit(abi.CallCopyTo)},
	{"DEVIO", abi.CallBit(abi.CallPortIO)},
	{"ENTROPY", abi.CallBit(abi.CallEntropy)},
	{"SETTIME", abi.CallBit(abi.CallSetClock)},
	{"ACCOUNT", abi.CallBit(abi.CallAccount)},
	{"TASKCREATE", abi.CallBit(abi.CallTaskCreate)},
	{"IMAGE", abi.CallBit(abi.CallImageCreate) | abi.CallBit(abi.CallImageWrite) | abi.CallBit(abi.CallImageSeal) | abi.CallBit(abi.CallImageFree) | abi.CallBit(abi.CallImageModule)},
	{"SNAPSHOT", abi.CallBit(abi.CallSnapshot)},
	{"WINDOW", abi.CallBit(abi.CallWindow)},
	{"PCI", abi.CallBit(abi.CallPCI)},
	{"DMA", abi.CallBit(abi.CallDMA)},
	{"KEEP", abi.CallBit(abi.CallKeep)},
	{"ABORT", abi.CallBit(abi.CallShutdown)},
}

// Basic is what BASIC stands for: nothing that reaches past the caller, its ports and its peers.
var Basic = mask("DEVIO") | mask("EXIT") | mask("SNAPSHOT") | mask("KEEP") | mask("SETALARM") | mask("TIMES") | mask("GETINFO") | mask("DIAGCTL") | mask("SAFECOPYFROM") | mask("SAFECOPYTO")

// mask is the bits of a call name, 0 for an unknown one.
func mask(name string) uint64 {
	for _, c := range Calls {
		if c.Name == name {
			return c.Mask
		}
	}
	return 0
}

func allCalls() (m uint64) {
	for _, c := range Calls {
		m |= c.Mask
	}
	return m
}

func callNames() string {
	s := ""
	for _, c := range Calls {
		s += c.Name + " "
	}
	return s + "BASIC NONE ALL"
}
