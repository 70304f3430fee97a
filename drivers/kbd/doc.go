// kbd is the PC's keyboard: each character goes to the service tty (abi.TTYInput), and the
// newest ones are kept for abi.KBDRead. It lives on while there is no tty, and finds the next one.
//
// The files: decode.go turns scan codes into characters, chip.go is the 8042, kbd.go the rest.
//
// Documents referenced:
//
//	[1] IBM, PS/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary Device Controller"
//	[2] IBM, PS/2 Hardware Interface Technical Reference, "Keyboard (101- and 102-Key)"
package main
