// tty is the operator's console: the serial port COM1 with line editing.
//
// It answers tty.Write when all of the text is queued, and tty.Read when a line is there; one reader at a time.
// Lines typed ahead are kept; input without room stays in the chip, where an emulated line, or one with RTS and
// CTS, waits. A line is given to its reader as it was typed, whole, or not at all: an incomplete one (lost on
// the wire, too long, begun before a death) is dropped at its end, with the bell. A restart loses queued output
// and lines typed ahead, and says so on the console and in the log.
//
// Text of others is shown in printable ASCII only (kernel/abi/printable). Typed text is, too, and control
// characters read ^A.
//
// The files: line.go the line editor, sequence.go the keys that it does not know, input.go the sources of
// bytes, write.go and read.go the clients' requests, tty.go the rest.
package main
