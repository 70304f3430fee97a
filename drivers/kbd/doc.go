// kbd is the PC's keyboard: each character goes to the service tty (tty.Input), and the
// newest ones are kept for kbd.Read. It lives on while there is no tty, and finds the next one.
//
// The files: decode.go turns scan codes into characters, chip.go is the 8042, keyboard.go the keyboard behind
// it, kbd.go the rest.
//
// Init takes both from any state to the same one, whoever had them before. The driver writes only the commands 20, 60,
// a7, aa and ad (hex) to port 0x64; to port 0x60 the command byte, and the keyboard's commands ed, ee, f0, f3, f4, f5
// with their parameters.
//
// Documents referenced:
//
//	[1] IBM, PS/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary Device Controller"
//	[2] IBM, PS/2 Hardware Interface Technical Reference, "Keyboard (101- and 102-Key)"
package main
