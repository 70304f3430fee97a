package main

// handDrivers is mistakes in bounds and windows of drivers.
var handDrivers = []mutation{
	{id: "kbd-echo-tries", file: "drivers/kbd/keyboard.go", before: "echoTries = 20\n", after: "echoTries = 10\n", why: "an old answer is taken for a new one"},
	{id: "kbd-config-tries", file: "drivers/kbd/chip.go", before: "configTries = 3\n", after: "configTries = 1\n", why: "one lost command byte is the end of the keyboard"},
	{id: "kbd-max-bytes", file: "drivers/kbd/chip.go", before: "maxBytes = 64\n", after: "maxBytes = 1 << 20\n", why: "a controller that always has a byte keeps the driver"},
	{id: "rtc-set-slack", file: "drivers/rtc/chip.go", before: "const setSlack = 3\n", after: "const setSlack = 3000\n", why: "a clock that did not take the time has taken it"},
	{id: "tty-key-room", file: "drivers/tty/input.go", before: "const keyRoom = 2 * maxEcho\n", after: "const keyRoom = maxEcho\n", why: "what is typed is not shown"},
	{id: "tty-echo-waits", file: "drivers/tty/input.go", before: "t.ahead.room() && t.port.Room() > keyRoom", after: "t.ahead.room()", why: "keys are taken whose echo has no room"},
	{id: "service-windows", file: "rs/service/ask.go", before: "quickWindow = 3\n", after: "quickWindow = 6\n", why: "commands take the places of the SDK's own requests"},
}
