package tinyelf

// Pieces of 32-bit code, to be joined with append.

const (
	com1 = 0x3f8
	com3 = 0x3e8
)

// out8 is MOV DX, port; MOV AL, v; OUT DX, AL.
func out8(port uint16, v byte) []byte {
	return []byte{0x66, 0xba, byte(port), byte(port >> 8), 0xb0, v, 0xee}
}

// Print writes text to COM1.
func Print(text string) (code []byte) { return send(com1, text) }

// Record writes bytes to COM3. QEMU's port is never too slow for a few.
func Record(text string) (code []byte) { return send(com3, text) }

func send(port uint16, text string) (code []byte) {
	for i := 0; i < len(text); i++ {
		code = append(code, out8(port, text[i])...)
	}
	return code
}

// DebugExit ends QEMU with status 2*v+1 by isa-debug-exit.
func DebugExit(v byte) []byte { return append(out8(0xf4, v), Hang()...) }

// PowerOff turns a q35 off: SLP_EN in PM1a_CNT, where QEMU's firmware puts it.
func PowerOff() []byte {
	// MOV DX, 0x604; MOV AX, 0x2000; OUT DX, AX
	return append([]byte{0x66, 0xba, 0x04, 0x06, 0x66, 0xb8, 0x00, 0x20, 0x66, 0xef}, Hang()...)
}

// TripleFault is LIDT of an empty table (the zero bytes below the ELF's note) and UD2.
func TripleFault() []byte {
	at := uint32(Base + 0x800)
	return []byte{0x0f, 0x01, 0x1d, byte(at), byte(at >> 8), byte(at >> 16), byte(at >> 24), 0x0f, 0x0b}
}

// Hang is CLI; HLT; JMP back to the HLT.
func Hang() []byte { return []byte{0xfa, 0xf4, 0xeb, 0xfd} }

// Echo returns what comes in on COM1 until a '.', and then goes on.
func Echo() []byte {
	return []byte{
		0x66, 0xba, 0xfd, 0x03, // wait: MOV DX, 0x3fd
		0xec,       // IN AL, DX
		0xa8, 0x01, // TEST AL, 1
		0x74, 0xf7, // JZ wait
		0x66, 0xba, 0xf8, 0x03, // MOV DX, 0x3f8
		0xec,      // IN AL, DX
		0xee,      // OUT DX, AL
		0x3c, '.', // CMP AL, '.'
		0x75, 0xed, // JNE wait
	}
}
