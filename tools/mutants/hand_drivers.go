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
	{id: "tty-reads", file: "drivers/tty/read.go", before: "\tif !t.reads.Holds(c, m.Source) {\n", after: "\tif false {\n", why: "who may write to the console reads what is typed"},
	{id: "tty-types", file: "drivers/tty/input.go", before: "case !t.types.Holds(c, m.Source):", after: "case m.Arg[0] > 0xffff:", why: "who may write to the console types as its operator"},
	{id: "tty-turns", file: "drivers/tty/write.go", before: "\t\t\tt.writers.yield()\n", after: "", why: "a long text keeps all others off the console"},
	{id: "tty-places", file: "drivers/tty/write.go", before: "t.writers.of(m.Source) == ownWriters || ", after: "", why: "one has all places of those who wait for the console"},
	{id: "rtc-sets", file: "drivers/rtc/rtc.go", before: "\t\tif !r.sets.Holds(c, m.Source) {\n", after: "\t\tif false {\n", why: "who may ask for the time sets the clock"},
	{id: "rtc-places", file: "drivers/rtc/rtc.go", before: "\t\tif r.waiters[i].To == m.Source {\n", after: "\t\tif false {\n", why: "one has all places of those who wait for an update"},
	{id: "kbd-reads", file: "drivers/kbd/kbd.go", before: "\t\tif !k.reads.Holds(c, m.Source) {\n", after: "\t\tif false {\n", why: "anybody reads what is typed"},
	{id: "sdk-permit-label", file: "drivers/sdk/permit.go", before: "e != abi.OK || !slices.Contains(p.labels, label)", after: "e != abi.OK || label == (abi.Label{})", why: "everybody has what somebody may have"},
	{id: "sdk-permit-life", file: "drivers/sdk/permit.go", before: "e != abi.OK || t.Endpoint != ep {", after: "e != abi.OK {", why: "who has the slot of another has its permit"},
	{id: "rtc-date-known", file: "drivers/rtc/wall.go", before: "known && d < slack && d > -slack", after: "known", why: "a date that is wrong stays so"},
	{id: "rtc-date-jumps", file: "drivers/rtc/wall.go", before: "known && d < slack && d > -slack", after: "false", why: "each life of the clock's driver moves the date"},
	{id: "rtc-date-set", file: "drivers/rtc/rtc.go", before: "\tr.coarse = false // the instant at which an operator set the clock counts, and not the update after it\n\tr.setDate(c, unix)\n", after: "", why: "date -s sets a clock that nobody looks at"},
	{id: "rtc-date-align", file: "drivers/rtc/rtc.go", before: "\tif r.coarse {\n\t\tr.align(c)\n\t}\n", after: "", why: "the date is up to a second behind for ever"},
	{id: "live-alarm-due", file: "rs/service/live/live.go", before: "max(at, now+1) - now", after: "at - now", why: "what is due already has no alarm"},
}
