// rtc is the battery-backed clock of the PC: it answers drivers/protocol/rtc.
//
// The files: date.go turns registers into Unix time and back, chip.go reads and writes the
// registers, rtc.go answers.
//
// Documents referenced:
//
//	[1] Motorola, MC146818A Real-Time Clock plus RAM (RTC), "Address Map", "Registers",
//	    "Update Cycle"
//	[2] ACPI specification, "Fixed ACPI Description Table": CENTURY
package main
