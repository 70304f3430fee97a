// SAY writes the four characters in c, the first one in the lowest byte, to COM1. Clobbers AX, BX, CX, DX, SI.
#define SAY(c) MOVL $c, AX; CALL ·put4(SB)
