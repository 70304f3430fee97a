package ioport

// pc is the PC's ports, in their order, without overlaps.
//
// The first 256 are the system board's own, by IBM's definition: no card may be there, and only the
// keyboard's and the clock's are a device that can be given away. Next come the places that ISA cards and
// their successors inside chip sets have kept. Aliases are listed with their originals: chip sets decode some
// address lines only.
//
// Source: IBM, "Personal Computer AT Technical Reference", "I/O Address Map"; Intel, "9 Series
// Chipset Family PCH Datasheet", "Fixed I/O Address Ranges"; Intel, "82371AB PIIX4", "I/O Map"; Ralf
// Brown, "Interrupt List", PORTS.A–C; QEMU, docs/specs and hw/i386.
var pc = [...]Block{
	{0x00, 0x1f, Never, "DMA controller 1"},
	{0x20, 0x3f, Never, "interrupt controller 1, its aliases, chip set and Super I/O configuration"},
	{0x40, 0x5f, Never, "interval timer, its aliases, Super I/O and TPM configuration"},
	{0x60, 0x60, Guarded, "keyboard controller, data"},
	{0x61, 0x61, Never, "NMI status and control, speaker"},
	{0x62, 0x62, Never, "embedded controller"},
	{0x63, 0x63, Never, "alias of 61"},
	{0x64, 0x64, Guarded, "keyboard controller, status and command"},
	{0x65, 0x65, Never, "alias of 61"},
	{0x66, 0x66, Never, "embedded controller"},
	{0x67, 0x67, Never, "alias of 61"},
	{0x68, 0x6f, Never, "embedded controller"},
	{0x70, 0x71, Guarded, "CMOS clock, index and data"},
	{0x72, 0x77, Never, "CMOS memory of the firmware, aliases of 70 and 71"},
	{0x78, 0x7f, Never, "system board"},
	{0x80, 0x91, Never, "DMA pages, POST code"},
	{0x92, 0x92, Never, "system control port A: A20, reset"},
	{0x93, 0x9f, Never, "DMA pages"},
	{0xa0, 0xb1, Never, "interrupt controller 2 and its aliases"},
	{0xb2, 0xb3, Never, "system management interrupts"},
	{0xb4, 0xbf, Never, "aliases of interrupt controller 2"},
	{0xc0, 0xdf, Never, "DMA controller 2"},
	{0xe0, 0xef, Never, "chip set configuration, A20, reset, debug console"},
	{0xf0, 0xff, Never, "coprocessor errors, debug exit"},

	{0x170, 0x177, Open, "IDE, second channel"},
	{0x1ce, 0x1d0, Open, "Bochs VBE"},
	{0x1f0, 0x1f7, Open, "IDE, first channel"},
	{0x200, 0x20f, Open, "game port"},
	{0x220, 0x22f, Open, "sound card"},
	{0x240, 0x24f, Open, "sound card"},
	{0x260, 0x26f, Open, "sound card"},
	{0x278, 0x27f, Open, "LPT2"},
	{0x280, 0x28f, Open, "sound card"},
	{0x2e8, 0x2ef, Open, "COM4"},
	{0x2f8, 0x2ff, Open, "COM2"},
	{0x300, 0x31f, Open, "prototype card, NE2000"},
	{0x330, 0x337, Open, "MIDI"},
	{0x372, 0x375, Open, "floppy disks, second controller"},
	{0x376, 0x376, Open, "IDE, second channel"},
	{0x377, 0x377, Open, "floppy disks, second controller"},
	{0x378, 0x37f, Open, "LPT1"},
	{0x388, 0x38b, Open, "AdLib"},
	{0x3b0, 0x3bb, Open, "VGA, monochrome"},
	{0x3bc, 0x3bf, Open, "LPT3"},
	{0x3c0, 0x3df, Open, "VGA"},
	{0x3e8, 0x3ef, Open, "COM3"},
	{0x3f2, 0x3f5, Open, "floppy disks"}, // 3f0 and 3f1 configure the Super I/O chip on some boards
	{0x3f6, 0x3f6, Open, "IDE, first channel"},
	{0x3f7, 0x3f7, Open, "floppy disks"},
	{0x3f8, 0x3ff, Open, "COM1"},

	{0x402, 0x402, Never, "debug console"},
	{0x4d0, 0x4d1, Never, "edge and level control of the interrupt controllers"},
	{0x501, 0x504, Never, "debug exit"},
	{0x505, 0x505, Never, "pvpanic"},
	{0x510, 0x51b, Never, "fw_cfg"},
	{0xa00, 0xa17, Never, "memory hot-plug"},
	{0xa79, 0xa79, Never, "ISA Plug and Play: moves other cards' ports"},
	{0xcc0, 0xcf7, Never, "PCI and processor hot-plug"},
	{0xcf8, 0xcff, Never, "PCI configuration, reset"},
	{0x5658, 0x5659, Never, "hypervisor's back door"},
	{0xae00, 0xae17, Never, "PCI hot-plug"},
	{0xaf00, 0xaf1f, Never, "processor hot-plug"},
	{0xafe0, 0xafe3, Never, "ACPI general-purpose events"},
}
