// tty is the operator's console: the serial port COM1 with line editing.
//
// It answers abi.TTYWrite when all of the text is queued, and abi.TTYRead when a line is there; one
// reader at a time. What is typed before it is asked for is kept. A restart loses what
// was queued and typed ahead, and says so on the console and in the log.
//
// The files: line.go the line editor, write.go and read.go what clients ask for, tty.go the
// rest.
package main
