package service

import "strconv"

// ClassName is a class code in words, as far as they are known: base << 16 | sub << 8 | interface.
//
// Source: PCI Code and ID Assignment Specification, "Class Codes".
func ClassName(class uint32) string {
	for mask := uint32(0xffffff); mask >= 0xff0000; mask = mask << 8 & 0xffffff {
		for i := range classes {
			if c := &classes[i]; c.mask == mask && c.class == class&mask {
				return c.name
			}
		}
		if mask == 0xff0000 {
			break
		}
	}
	return "class " + hexadecimal(uint64(class), 6)
}

const (
	wholeClass = 0xffffff
	subClass   = 0xffff00
	baseClass  = 0xff0000
)

var classes = [...]struct {
	class, mask uint32
	name        string
}{
	{0x010601, wholeClass, "AHCI controller"}, {0x010802, wholeClass, "NVMe controller"}, {0x060401, wholeClass, "PCI bridge, subtractive"},
	{0x0c0300, wholeClass, "UHCI controller"}, {0x0c0310, wholeClass, "OHCI controller"}, {0x0c0320, wholeClass, "EHCI controller"}, {0x0c0330, wholeClass, "xHCI controller"},
	{0x000100, subClass, "VGA device of old"},
	{0x010000, subClass, "SCSI controller"}, {0x010100, subClass, "IDE controller"}, {0x010400, subClass, "RAID controller"}, {0x010500, subClass, "ATA controller"},
	{0x010600, subClass, "SATA controller"}, {0x010700, subClass, "SAS controller"}, {0x010800, subClass, "non-volatile memory controller"},
	{0x020000, subClass, "Ethernet controller"}, {0x020700, subClass, "InfiniBand controller"},
	{0x030000, subClass, "VGA controller"}, {0x030200, subClass, "3D controller"},
	{0x040100, subClass, "audio controller"}, {0x040300, subClass, "HD Audio controller"},
	{0x050000, subClass, "RAM"},
	{0x060000, subClass, "host bridge"}, {0x060100, subClass, "ISA bridge"}, {0x060400, subClass, "PCI bridge"}, {0x060700, subClass, "CardBus bridge"},
	{0x070000, subClass, "serial port"}, {0x070100, subClass, "parallel port"}, {0x078000, subClass, "communication controller"},
	{0x080000, subClass, "interrupt controller"}, {0x080100, subClass, "DMA controller"}, {0x080200, subClass, "timer"}, {0x080500, subClass, "SD host controller"}, {0x080600, subClass, "IOMMU"},
	{0x0c0300, subClass, "USB controller"}, {0x0c0500, subClass, "SMBus controller"},
	{0x100000, subClass, "encryption controller"},
	{0x000000, baseClass, "device of no class"}, {0x010000, baseClass, "storage controller"}, {0x020000, baseClass, "network controller"},
	{0x030000, baseClass, "display controller"}, {0x040000, baseClass, "multimedia controller"}, {0x050000, baseClass, "memory controller"},
	{0x060000, baseClass, "bridge"}, {0x070000, baseClass, "communication controller"}, {0x080000, baseClass, "system device"},
	{0x090000, baseClass, "input device"}, {0x0b0000, baseClass, "processor"}, {0x0c0000, baseClass, "serial bus controller"},
	{0x0d0000, baseClass, "wireless controller"}, {0x100000, baseClass, "encryption controller"}, {0x110000, baseClass, "signal processing controller"},
	{0x120000, baseClass, "accelerator"}, {0xff0000, baseClass, "device of its own class"},
}

// VendorName is who makes a device, "" when it is not in the list: the makers of what servers, PCs and QEMU have most.
func VendorName(vendor uint16) string { return vendors[vendor] }

// DeviceName is what a device is called, "" when it is not in the list: those of QEMU.
func DeviceName(vendor, device uint16) string { return devices[uint32(vendor)<<16|uint32(device)] }

var vendors = map[uint16]string{
	0x1000: "Broadcom (LSI)", 0x1002: "AMD (ATI)", 0x1022: "AMD", 0x102b: "Matrox", 0x106b: "Apple", 0x10de: "NVIDIA", 0x10ec: "Realtek", 0x1106: "VIA",
	0x1234: "QEMU", 0x1344: "Micron", 0x144d: "Samsung", 0x14e4: "Broadcom", 0x15ad: "VMware", 0x15b3: "NVIDIA (Mellanox)", 0x15b7: "SanDisk", 0x1a03: "ASPEED",
	0x1af4: "Red Hat (virtio)", 0x1b21: "ASMedia", 0x1b36: "Red Hat (QEMU)", 0x1d0f: "Amazon", 0x8086: "Intel",
}

var devices = map[uint32]string{
	0x1234_1111: "VGA", 0x1234_11e8: "edu",
	0x1af4_1000: "network, transitional", 0x1af4_1001: "block, transitional", 0x1af4_1002: "balloon, transitional", 0x1af4_1003: "console, transitional",
	0x1af4_1004: "SCSI, transitional", 0x1af4_1005: "entropy, transitional", 0x1af4_1009: "9P, transitional",
	0x1af4_1041: "network", 0x1af4_1042: "block", 0x1af4_1043: "console", 0x1af4_1044: "entropy", 0x1af4_1045: "balloon", 0x1af4_1048: "SCSI", 0x1af4_1049: "9P",
	0x1af4_1050: "GPU", 0x1af4_1052: "input", 0x1af4_1053: "socket", 0x1af4_1110: "ivshmem",
	0x1b36_0001: "PCI bridge", 0x1b36_0002: "serial port", 0x1b36_0003: "serial ports, 2", 0x1b36_0004: "serial ports, 4", 0x1b36_0005: "test device",
	0x1b36_0007: "SD host controller", 0x1b36_0008: "PCI Express host bridge", 0x1b36_0009: "PCI expander bridge", 0x1b36_000b: "PCI Express expander bridge", 0x1b36_000c: "PCI Express root port",
	0x1b36_000d: "xHCI", 0x1b36_000e: "PCI Express to PCI bridge", 0x1b36_0010: "NVMe", 0x1b36_0100: "QXL",
	0x8086_1004: "e1000 (82543GC)", 0x8086_100e: "e1000 (82540EM)", 0x8086_10c9: "igb (82576)", 0x8086_10d3: "e1000e (82574L)", 0x8086_1237: "440FX",
	0x8086_2415: "82801AA audio", 0x8086_2668: "ICH6 HD Audio", 0x8086_2918: "ICH9 LPC", 0x8086_2922: "ICH9 AHCI", 0x8086_2930: "ICH9 SMBus", 0x8086_2934: "ICH9 UHCI", 0x8086_293a: "ICH9 EHCI",
	0x8086_293e: "ICH9 HD Audio", 0x8086_244e: "82801 PCI bridge", 0x8086_29c0: "Q35", 0x8086_7000: "PIIX3 ISA", 0x8086_7010: "PIIX3 IDE", 0x8086_7020: "PIIX3 UHCI", 0x8086_7113: "PIIX4 ACPI",
}

// hexadecimal writes n with so many digits at least.
func hexadecimal(n uint64, digits int) string {
	s := strconv.FormatUint(n, 16)
	for len(s) < digits {
		s = "0" + s
	}
	return s
}
