// tty is the operator's console: the serial port COM1 with line editing.
//
// It answers tty.Write when all of the text is queued, and tty.Read when a line is there; one
// reader at a time. What is typed before it is asked for is kept; what has no room stays in the chip, where an
// emulated line, or one with RTS and CTS, waits. A line is given to its reader as it was typed,
// whole, or not at all: one of which something is missing (lost on the line, too long, begun before a death) is
// dropped at its end, with the bell. A restart loses what was queued and typed ahead, and says so on the console
// and in the log.
//
// What others write is shown in printable ASCII only (kernel/abi/printable). So is what is
// typed; control characters read ^A.
//
// The files: line.go the line editor, sequence.go the keys that it does not know, input.go where
// bytes come from, write.go and read.go what clients ask for, tty.go the rest.
package main
