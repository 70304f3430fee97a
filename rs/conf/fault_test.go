package conf

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// in makes a file of one service around a statement.
func in(statement string) string { return "service a {\n  " + statement + "\n};\nservice b { };\n" }

// One row a message. want is the whole fault, or its beginning when it ends in "…".
var faultRows = []struct{ name, text, want string }{
	{"word at top", "services a { };", `f:1:1: unexpected "services", expected "service", "class", "group" or "machine"`},
	{"string at top", `"x";`, `f:1:1: unexpected string "x", expected "service", "class", "group" or "machine"`},
	{"stray end", "service a { };;", `f:1:15: unexpected ";", expected "service", "class", "group" or "machine"`},
	{"include", `include "other";`, `f:1:1: "include" is not supported, expected one file: the image builder joins the parts`},
	{"no name", "service { };", `f:1:9: unexpected "{", expected a name after "service"`},
	{"no name at all", "service", `f:1:8: unexpected end of file, expected a name after "service"`},
	{"no brace", "service a irq 1;", `f:1:11: service "a": unexpected "irq", expected "{"`},
	{"no closing brace", "service a { uid 0;\n", `f:2:1: service "a": end of file, expected "}" to close "a", see f:1:1`},
	{"entry in entry", "service a {\n  uid 0;\nservice b { };", `f:3:1: service "a": "service" inside an entry, expected "}" to close "a", see f:1:1`},
	{"no end of entry", "service a { } service b { };", `f:1:15: service "a": unexpected "service", expected ";" after "}"`},
	{"empty statement", in("uid 0;;"), `f:2:9: service "a": unexpected ";", expected a keyword or "}"`},
	{"string for keyword", in(`"uid" 0;`), `f:2:3: service "a": unexpected string "uid", expected a keyword or "}"`},
	{"brace for keyword", in("{ uid 0; };"), `f:2:3: service "a": unexpected "{", expected a keyword or "}"`},
	{"no end of statement", in("uid 0"), `f:3:1: service "a": unexpected "}", expected ";" after the arguments of "uid"`},
	{"nested list", in("pci { device 1; };"), `f:2:7: service "a": unexpected "{", expected ";" after the arguments of "pci"`},
	{"open string", in(`descr "clock;`), `f:2:9: service "a": string without an end, expected '"' on the same line`},
	{"control byte in string", in("descr \"a\x01\";"), `f:2:9: service "a": byte 0x1 cannot be in a string, expected printable text`},
	{"bad byte", in("uid \xff\xfe0;"), `f:2:7: service "a": byte 0xff cannot be in a word, expected printable ASCII`},

	{"group twice", "group g { };\ngroup g { };", `f:2:7: duplicate group, expected one entry, see f:1:7`},
	{"group without a name", "group { };", `f:1:7: unexpected "{", expected a name after "group"`},
	{"group named badly", "group G { };", `f:1:7: group: unexpected "G", expected a label…`},
	{"group open", "group g { burst none;\nservice b { };\n", `f:2:1: "service" inside an entry, expected "}" to close "g", see f:1:1`},
	{"group in a service", "service a {\ngroup g { };", `f:2:1: service "a": "group" inside an entry, expected "}" to close "a", see f:1:1`},
	{"group keyword", "group g { memory 1M; };", `f:1:11: group "g": unknown keyword "memory", expected one of strategy burst`},
	{"group strategy", "group g { strategy rest-for-one; };", `f:1:20: group "g": strategy: unexpected "rest-for-one", expected one-for-one or all-for-one`},
	{"group strategy none", "group g { strategy; };", `f:1:11: group "g": strategy: no argument, expected one-for-one or all-for-one`},
	{"group strategy twice", "group g { strategy one-for-one; strategy all-for-one; };", `f:1:33: group "g": duplicate keyword "strategy", expected it once, see f:1:11`},
	{"group burst", "group g { burst 5; };", `f:1:11: group "g": burst: 1 argument, expected a number of deaths and a duration, or none`},
	{"group none", in("group;"), `f:2:3: service "a": group: no argument, expected the name of a group`},
	{"group unknown", in("group g;"), `f:2:9: service "a": group: unknown group "g", expected one of this file`},
	{"after none", in("after;"), `f:2:3: service "a": after: no argument, expected labels`},
	{"after unknown", in("after c;"), `f:2:9: service "a": after: unknown service "c", expected one of this file`},
	{"after a class", in("after c;") + "class c { };", `f:2:9: service "a": after: unknown service "c", expected one of this file`},
	{"after twice", in("after b b;"), `f:2:11: service "a": after: "b" is there twice, expected each once`},
	{"after itself", in("after a;"), `f:2:9: service "a": after: services wait for each other: a after a, expected no circle`},
	{"requires unknown", in("requires rs;"), `f:2:12: service "a": requires: unknown service "rs", expected one of this file`},
	{"circle", "service a { after b; };\nservice b { after c; };\nservice c { after a; };", `f:3:19: service "c": after: services wait for each other: a after b after c after a, expected no circle`},
	{"circle by a class", "class k { after b; };\nservice a { class k; };\nservice b { requires a; };", `f:3:22: service "b": requires: services wait for each other: a after b after a, expected no circle`},
	{"requires one that does not boot", "service a { requires b; };\nservice b { start manual; };", `f:1:22: service "a": requires: service "b" is not started at the boot and this one is, expected "start manual;" here or "start boot;" there, see f:2:9`},

	{"machine twice", "machine { memory 64M; };\nmachine { memory 64M; };", `f:2:1: duplicate machine, expected it once, see f:1:1`},
	{"machine named", "machine pc { };", `f:1:9: unexpected "pc", expected "{"`},
	{"machine open", "machine { memory 64M;\nservice b { };\n", `f:2:1: "service" inside an entry, expected "}" to close "machine", see f:1:1`},
	{"machine in a service", "service a {\nmachine { };", `f:2:1: service "a": "machine" inside an entry, expected "}" to close "a", see f:1:1`},
	{"machine keyword", "machine { disk 1G; };\nservice b { };\n", `f:1:11: machine: unknown keyword "disk", expected memory`},
	{"machine memory twice", "machine { memory 64M; memory 64M; };", `f:1:23: machine: duplicate keyword "memory", expected it once, see f:1:11`},
	{"machine memory none", "machine { memory; };", `f:1:11: machine: memory: no argument, expected a size such as 128M, from 32M to 64G`},
	{"machine memory bytes", "machine { memory 134217728; };", `f:1:18: machine: memory: unexpected "134217728", expected a size such as 128M, from 32M to 64G`},
	{"machine memory small", "machine { memory 31M; };", `f:1:18: machine: memory: unexpected "31M", expected a size…`},
	{"machine memory large", "machine { memory 65G; };", `f:1:18: machine: memory: unexpected "65G", expected a size…`},

	{"upper-case label", "service RTC { };", `f:1:9: service "RTC": unexpected "RTC", expected a label: 1 to 16 of a-z, 0-9, '-', '_', '.'`},
	{"long label", "service seventeen-letters { };", `f:1:9: service "seventeen-letters": unexpected "seventeen-letters", expected a label…`},
	{"empty label", `service "" { };`, `f:1:9: unexpected string "", expected a label…`},
	{"reserved label", "service rs { };", `f:1:9: service "rs": "rs" is the system's own, expected another label`},
	{"duplicate label", "service a { };\nservice a { };", `f:2:9: service "a": duplicate label, expected one entry, see f:1:9`},
	{"duplicate label with ports", "service a { io 3f8:8; };\nservice a { io 3f8:8; };", `f:2:9: service "a": duplicate label, expected one entry, see f:1:9`},
	{"class and service", "class a { };\nservice a { };", `f:2:9: service "a": duplicate label, expected one entry, see f:1:7`},
	{"unknown keyword", in("irqs 8;"), `f:2:3: service "a": unknown keyword "irqs", expected one of class program args …`},
	{"duplicate keyword", in("uid 0; uid 1;"), `f:2:10: service "a": duplicate keyword "uid", expected it once, see f:2:3`},
	{"in a class", "class c { nice 3; };", `f:1:11: class "c": unknown keyword "nice", expected one of …`},

	{"program none", in("program;"), `f:2:3: service "a": program: no argument, expected the name of an executable: letters, digits, '-', '_', '.'`},
	{"program two", in("program a b;"), `f:2:13: service "a": program: 2 arguments, expected the name of an executable…`},
	{"program path", in("program bin/a;"), `f:2:11: service "a": program: unexpected "bin/a", expected the name of an executable…`},
	{"program empty", in(`program "";`), `f:2:11: service "a": program: unexpected string "", expected the name of an executable…`},
	{"args none", in("args;"), `f:2:3: service "a": args: no argument, expected words in a string`},
	{"args long", in(`args "` + strings.Repeat("x", 257) + `";`), `f:2:8: service "a": args: 257 bytes, expected at most 256`},
	{"uid none", in("uid;"), `f:2:3: service "a": uid: no argument, expected 0, root, service or a number up to 65535`},
	{"uid name", in("uid wheel;"), `f:2:7: service "a": uid: unexpected "wheel", expected 0, root, service or a number up to 65535`},
	{"uid large", in("uid 65536;"), `f:2:7: service "a": uid: unexpected "65536", expected 0…`},
	{"priority none", in("priority;"), `f:2:3: service "a": priority: no argument, expected a number from 0 (first) to 7`},
	{"priority large", in("priority 8;"), `f:2:12: service "a": priority: unexpected "8", expected a number from 0 (first) to 7`},
	{"priority negative", in("priority -1;"), `f:2:12: service "a": priority: unexpected "-1", expected a number from 0 (first) to 7`},
	{"quantum none", in("quantum;"), `f:2:3: service "a": quantum: no argument, expected a duration`},
	{"quantum unitless", in("quantum 10;"), `f:2:11: service "a": quantum: unexpected "10", expected a duration such as 500ms, from 100µs to 1s`},
	{"budget none", in("budget;"), `f:2:3: service "a": budget: no argument, expected CPU time and the period that it is for: two durations`},
	{"budget one", in("budget 1ms;"), `f:2:3: service "a": budget: 1 argument, expected CPU time and the period that it is for: two durations`},
	{"budget three", in("budget 1ms 2ms 3ms;"), `f:2:18: service "a": budget: 3 arguments, expected CPU time…`},
	{"budget small", in("budget 9us 1ms;"), `f:2:10: service "a": budget: unexpected "9us", expected a duration such as 500ms, from 10µs to 1s`},
	{"budget word", in("budget all 1ms;"), `f:2:10: service "a": budget: unexpected "all", expected a duration…`},
	{"budget period", in("budget 10us 999us;"), `f:2:15: service "a": budget: unexpected "999us", expected a duration such as 500ms, from 1ms to 1s`},
	{"budget period long", in("budget 10us 2s;"), `f:2:15: service "a": budget: unexpected "2s", expected a duration such as 500ms, from 1ms to 1s`},
	{"budget over period", in("budget 2ms 1ms;"), `f:2:10: service "a": budget: more than its period, expected at most 1ms`},
	{"server argument", in("server yes;"), `f:2:10: service "a": server: 1 argument, expected none`},
	{"reserve none", in("reserve;"), `f:2:3: service "a": reserve: no argument, expected a size such as 512K, from 0K to 1G`},
	{"reserve bytes", in("reserve 0;"), `f:2:11: service "a": reserve: unexpected "0", expected a size such as 512K, from 0K to 1G`},
	{"reserve large", in("reserve 1025M;"), `f:2:11: service "a": reserve: unexpected "1025M", expected a size…`},
	{"kept small", in("kept 8K;"), `f:2:8: service "a": kept: unexpected "8K", expected a size such as 64K, from 12K to 1M`},
	{"kept large", in("kept 2M;"), `f:2:8: service "a": kept: unexpected "2M", expected a size…`},
	{"reserve over memory", in("reserve 1025K; memory 1M;"), `f:2:11: service "a": reserve: more than its memory, expected at most 1M`},
	{"reserve of a class", "class c { reserve 2M; };\nservice a { class c; memory 100K; };", `f:1:19: service "a": reserve: more than its memory, expected at most 100K (class "c" has the line)`},
	{"memory none", in("memory;"), `f:2:3: service "a": memory: no argument, expected a size such as 16M, from 64K to 1G`},
	{"memory bytes", in("memory 4096;"), `f:2:10: service "a": memory: unexpected "4096", expected a size such as 16M, from 64K to 1G`},
	{"memory large", in("memory 2G;"), `f:2:10: service "a": memory: unexpected "2G", expected a size…`},
	{"start none", in("start;"), `f:2:3: service "a": start: no argument, expected boot or manual`},
	{"start word", in("start later;"), `f:2:9: service "a": start: unexpected "later", expected boot or manual`},
	{"period none", in("period;"), `f:2:3: service "a": period: no argument, expected a duration, or none`},
	{"period MINIX", in("period 5HZ;"), `f:2:10: service "a": period: unexpected "5HZ", expected a duration such as 500ms, from 1ms to 1h0m0s`},
	{"period zero", in("period 0s;"), `f:2:10: service "a": period: unexpected "0s", expected a duration…`},
	{"period overflow", in("period 99999999999999999999s;"), `f:2:10: service "a": period: unexpected "99999999999999999999s", expected…`},
	{"init none", in("init;"), `f:2:3: service "a": init: no argument, expected a duration`},
	{"init long", in("init 11m;"), `f:2:8: service "a": init: unexpected "11m", expected a duration such as 500ms, from 1ms to 10m0s`},
	{"stop none", in("stop;"), `f:2:3: service "a": stop: no argument, expected a duration`},
	{"stop fraction", in("stop 1.5s;"), `f:2:8: service "a": stop: unexpected "1.5s", expected a duration such as 500ms, from 1ms to 1m0s`},
	{"restart none", in("restart;"), `f:2:3: service "a": restart: no argument, expected always, failure or never`},
	{"restart word", in("restart often;"), `f:2:11: service "a": restart: unexpected "often", expected always, failure or never`},
	{"backoff none", in("backoff;"), `f:2:3: service "a": backoff: no argument, expected the unit and, if it is to double, the longest: two durations`},
	{"backoff unit", in("backoff 1;"), `f:2:11: service "a": backoff: unexpected "1", expected a duration…`},
	{"backoff longest", in("backoff 1s 500ms;"), `f:2:14: service "a": backoff: the longest is below the unit, expected at least 1s`},
	{"burst none", in("burst;"), `f:2:3: service "a": burst: no argument, expected a number of deaths and a duration, or none`},
	{"burst one", in("burst 3;"), `f:2:3: service "a": burst: 1 argument, expected a number of deaths and a duration, or none`},
	{"burst number", in("burst 65 1s;"), `f:2:9: service "a": burst: unexpected "65", expected a number of deaths from 1 to 64`},
	{"burst window", in("burst 3 1d;"), `f:2:11: service "a": burst: unexpected "1d", expected a duration…`},
	{"storm none", in("storm;"), `f:2:3: service "a": storm: no argument, expected shared or none`},
	{"storm word", in("storm often;"), `f:2:9: service "a": storm: unexpected "often", expected shared or none`},
	{"type none", in("type;"), `f:2:3: service "a": type: no argument, expected a word`},
	{"descr words", in("descr a clock;"), `f:2:11: service "a": descr: 2 arguments, expected one string`},
	{"descr long", in(`descr "` + strings.Repeat("x", 129) + `";`), `f:2:9: service "a": descr: 129 bytes, expected at most 128`},

	{"irq none", in("irq;"), `f:2:3: service "a": irq: no argument, expected interrupt lines: numbers from 1 to 191, at most 8`},
	{"irq many", in("irq 1 2 3 4 5 6 7 8 9;"), `f:2:23: service "a": irq: 9 arguments, expected interrupt lines…`},
	{"irq word", in("irq ALL;"), `f:2:7: service "a": irq: unexpected "ALL", expected interrupt lines…`},
	{"irq large", in("irq 256;"), `f:2:7: service "a": irq: unexpected "256", expected interrupt lines…`},
	{"irq twice", in("irq 4 0x4;"), `f:2:9: service "a": irq: line 0x4 is there twice, expected each once`},
	{"irq on no machine", in("irq 192;"), `f:2:7: service "a": irq: unexpected "192", expected interrupt lines…`},
	{"irq of the timer", in("irq 0;"), `f:2:7: service "a": irq: line 0 is the interval timer's, which is the kernel's, expected a device's`},
	{"irq of the cascade", in("irq 1 2;"), `f:2:9: service "a": irq: line 2 is the cascade of the interrupt controllers, expected a device's`},
	{"irq of the coprocessor", in("irq 0xd;"), `f:2:7: service "a": irq: line 0xd is the coprocessor's error, expected a device's`},
	{"irq of two", "service a { irq 9 4; };\nservice b { irq 9 0x4; };", `f:2:19: service "b": irq: line 4 is also service "a"'s and edge-triggered, expected one owner, see f:1:19`},
	{"irq of two by a class", "class c { irq 12; };\nservice a { class c; };\nservice b { class c; };", `f:1:15: service "b": irq: line 12 is also service "a"'s and edge-triggered, expected one owner (class "c" has the line), see f:1:15`},
	{"io none", in("io;"), `f:2:3: service "a": io: no argument, expected BASE or BASE:LENGTH in hexadecimal within 0..ffff, at most 16`},
	{"io word", in("io com1;"), `f:2:6: service "a": io: unexpected "com1", expected BASE…`},
	{"io length", in("io 3f8:0;"), `f:2:6: service "a": io: unexpected "3f8:0", expected BASE…`},
	{"io no length", in("io 3f8:;"), `f:2:6: service "a": io: unexpected "3f8:", expected BASE…`},
	{"io end", in("io fff8:9;"), `f:2:6: service "a": io: unexpected "fff8:9", expected BASE…`},
	{"io large", in("io 10000;"), `f:2:6: service "a": io: unexpected "10000", expected BASE…`},
	{"io overlap", in("io 3f8:8 3ff;"), `f:2:12: service "a": io: ports 3ff overlap others of this entry, expected each once`},
	{"io never", in("io 20:2;"), `f:2:6: service "a": io: ports 20-21 (interrupt controller 1, its aliases, chip set and Super I/O configuration) are no service's, expected ports of one device`},
	{"io never inside", in("io 60:5;"), `f:2:6: service "a": io: ports 61 (NMI status and control, speaker) are no service's, expected ports of one device`},
	{"io unlisted", in("io 3f8:8 6000:10;"), `f:2:12: service "a": io: ports 6000-600f are in no list of devices, expected them in "unguarded"`},
	{"io unlisted inside", in("io 3f0:8;"), `f:2:6: service "a": io: ports 3f0-3f1 are in no list of devices, expected them in "unguarded"`},
	{"io never in a class", "class c { io cf8:8; };", `f:1:14: class "c": io: ports cf8-cff (PCI configuration, reset) are no service's, expected ports of one device`},
	{"io of two", "service a { io 3f8:8; };\nservice b { io 2f8 3fc; };", `f:2:20: service "b": io: ports 3fc are also service "a"'s, expected one owner, see f:1:16`},
	{"io of two by a class", "class c { io 3f8:8; };\nservice a { io 3ff; };\nservice b { class c; };", `f:1:14: service "b": io: ports 3ff are also service "a"'s, expected one owner (class "c" has the line), see f:2:16`},
	{"unguarded none", in("unguarded;"), `f:2:3: service "a": unguarded: no argument, expected BASE or BASE:LENGTH in hexadecimal within 0..ffff, at most 16`},
	{"unguarded word", in("unguarded yes;"), `f:2:13: service "a": unguarded: unexpected "yes", expected BASE…`},
	{"unguarded end", in("unguarded fff8:9;"), `f:2:13: service "a": unguarded: unexpected "fff8:9", expected BASE…`},
	{"unguarded never", in("unguarded 510:c;"), `f:2:13: service "a": unguarded: ports 510-51b (fw_cfg) are no service's, expected ports of one device`},
	{"unguarded guarded", in("unguarded 64;"), `f:2:13: service "a": unguarded: ports 64 (keyboard controller, status and command) are in a list of devices, expected them in "io"`},
	{"unguarded open", in("unguarded 3f0:3;"), `f:2:13: service "a": unguarded: ports 3f2 (floppy disks) are in a list of devices, expected them in "io"`},
	{"unguarded overlap", in("unguarded 6000:10 600f;"), `f:2:21: service "a": unguarded: ports 600f overlap others of this entry, expected each once`},
	{"unguarded of two", "service a { unguarded 6000:10; };\nservice b { unguarded 6008:10; };", `f:2:23: service "b": unguarded: ports 6008-600f are also service "a"'s, expected one owner, see f:1:23`},
	{"too many ranges", in("io 3f8 3f9 3fa 3fb 3fc 3fd 3fe 3ff; unguarded 400 403 404 405 406 407 408 409 40a;"), `f:2:49: service "a": unguarded: 17 ranges with those of "io", expected at most 16`},
	{"system none", in("system;"), `f:2:3: service "a": system: no argument, expected one of EXIT PRIVCTL KILL IRQCTL SETALARM TIMES GETINFO DIAGCTL TRACE SAFECOPYFROM SAFECOPYTO DEVIO ENTROPY SETTIME ACCOUNT TASKCREATE IMAGE SNAPSHOT WINDOW PCI DMA KEEP ABORT BASIC NONE ALL`},
	{"system unknown", in("system BASIC VM_MAP;"), `f:2:16: service "a": system: unexpected "VM_MAP", expected one of EXIT…`},
	{"system lower case", in("system exit;"), `f:2:10: service "a": system: unexpected "exit", expected one of EXIT…`},
	{"system twice", in("system EXIT EXIT;"), `f:2:15: service "a": system: "EXIT" is there twice, expected each once`},
	{"system ALL", in("system EXIT ALL;"), `f:2:15: service "a": system: "ALL" with others, expected it alone`},
	{"system NONE", in("system NONE EXIT;"), `f:2:10: service "a": system: "NONE" with others, expected it alone`},
	{"ipc none", in("ipc;"), `f:2:3: service "a": ipc: no argument, expected labels, ALL or NONE`},
	{"ipc mixed", in("ipc b ALL;"), `f:2:9: service "a": ipc: "ALL" in a list, expected labels only`},
	{"ipc twice", in("ipc b B;"), `f:2:9: service "a": ipc: "B" is there twice, expected each once`},
	{"ipc bad", in("ipc Tty;"), `f:2:7: service "a": ipc: unexpected "Tty", expected a label…`},
	{"control none", in("control;"), `f:2:3: service "a": control: no argument, expected labels`},
	{"trace none", in("trace;"), `f:2:3: service "a": trace: no argument, expected labels`},
	{"trace ds", in("trace b system;"), `f:2:11: service "a": trace: unexpected "system", expected the label of a service`},
	{"trace all", in("trace ALL;"), `f:2:9: service "a": trace: "ALL" in a list, expected labels only`},
	{"trace itself", in("trace b a;"), `f:2:3: service "a": trace: "a" is the entry itself, expected other services`},
	{"trace itself by a class", "class c { trace a b; };\nservice a { class c; };\nservice b { };\n", `f:1:11: service "a": trace: "a" is the entry itself, expected other services`},
	{"control rs", in("control rs;"), `f:2:11: service "a": control: unexpected "rs", expected the label of a service`},

	{"class none", in("class;"), `f:2:3: service "a": class: no argument, expected names of entries`},
	{"class unknown", in("class driver;"), `f:2:9: service "a": class: unknown entry "driver", expected one of this file`},
	{"class itself", in("class a;"), `f:2:9: service "a": class: "a" includes this entry, expected no circle`},
	{"class clash", "class x { uid 0; };\nclass y { uid 1; };\nservice a { class x y; };", `f:3:21: service "a": class: "uid" comes from two classes, expected it from one, or in the entry itself`},
}

func TestFaults(t *testing.T) {
	for _, r := range slices.Concat(faultRows, pciFaults) {
		f, faults := Parse("f", []byte(r.text))
		if len(faults) != 1 {
			t.Errorf("%s: %d faults, want 1: %v", r.name, len(faults), faults)
			continue
		}
		got := faults[0].Error()
		if begin, cut := strings.CutSuffix(r.want, "…"); got != r.want && !(cut && strings.HasPrefix(got, begin)) {
			t.Errorf("%s:\n got %s\nwant %s", r.name, got, r.want)
		}
		if strings.Contains(got, "expected") == false {
			t.Errorf("%s: does not say what was expected: %s", r.name, got)
		}
		if l := faults[0].Label; l != "" && f.Service(l) != nil {
			t.Errorf("%s: service %q has a fault and is among the good ones", r.name, l)
		}
		if strings.HasSuffix(r.text, "service b { };\n") && f.Service("b") == nil {
			t.Errorf("%s: the fault of a spoilt b", r.name)
		}
	}
}

func TestTooMany(t *testing.T) {
	var text strings.Builder
	for i := 0; i <= MaxServices; i++ {
		text.WriteString("service s" + strings.Repeat("x", i%8) + string(rune('a'+i/8)) + " { };\n")
	}
	f, faults := Parse("f", []byte(text.String()))
	last := len(faults) - 1
	if last < 0 || faults[last].Text != "too many services, expected at most 63" || faults[last].Line != 64 || len(f.Services)+len(faults) != MaxServices+1 {
		t.Fatalf("%d services, faults %v", len(f.Services), faults)
	}
}

// Services are let in for as long as the promise of the processor holds for each of them; the order of the file says
// who is kept. With nothing said about budgets that is at least 40.
func TestAdmission(t *testing.T) {
	one := func(n int, budget string) string {
		return "service s" + strconv.Itoa(n) + " {" + budget + " };\n"
	}
	var text strings.Builder
	for n := range MaxServices {
		text.WriteString(one(n, ""))
	}
	f, faults := Parse("f", []byte(text.String()))
	if len(f.Services) < 40 || len(faults) != MaxServices-len(f.Services) || f.Services[len(f.Services)-1].Line != len(f.Services) {
		t.Errorf("%d of %d services with nothing said", len(f.Services), MaxServices)
	}
	for _, c := range []struct {
		budgets []string
		want    string // of the only fault
	}{
		{[]string{" budget 4ms 10ms;", " budget 1ms 10ms;", " budget 100us 10ms;"}, ""},
		{[]string{" budget 9ms 10ms;", " budget 2ms 10ms;"}, `f:2:21: service "s1": budget: after 1 others it could wait 201.5ms`},
		{[]string{" budget 9ms 10ms;", ""}, `f:2:9: service "s1": budget (the default, 100µs in 10ms): after 1 others it could wait 220.5ms for the processor, expected at most 50ms`},
		{[]string{" budget 10us 10ms;", ""}, `f:1:21: service "s0": budget: after 0 others it could wait 203.2ms`},
	} {
		text := ""
		for n, b := range c.budgets {
			text += one(n, b)
		}
		_, faults := Parse("f", []byte(text))
		switch {
		case c.want == "" && len(faults) == 0:
		case len(faults) != 1 || !strings.HasPrefix(faults[0].Error(), c.want):
			t.Errorf("%q:\ngot  %v\nwant %s", c.budgets, faults, c.want)
		}
	}
}

// TestAdmissionAdvice: where smaller bursts let all services in, the refusal says which, and that is so.
func TestAdmissionAdvice(t *testing.T) {
	table := func(n int, budget string) string {
		text := "service first { budget 1ms 10ms; };\n"
		for i := range n {
			text += "service s" + strconv.Itoa(i) + " { " + budget + "};\n"
		}
		return text
	}
	for _, c := range []struct {
		n    int
		want string // "": nothing would do
	}{{40, "budget 50us 5ms;"}, {43, "budget 20us 2ms;"}, {62, ""}} {
		_, faults := Parse("f", []byte(table(c.n, "")))
		if len(faults) == 0 {
			t.Fatalf("%d services: all are let in", c.n)
		}
		for _, f := range faults {
			_, advice, _ := strings.Cut(f.Text, "expected at most 50ms: ")
			quoted, rest, told := strings.Cut(strings.TrimPrefix(advice, `"`), `" in each entry that has none, or `)
			if told != (c.want != "") || told && quoted != c.want || !told && !strings.HasPrefix(advice, "fewer services") || told && rest != "fewer services, or a smaller part of the period for them" {
				t.Fatalf("%d services: %s", c.n, f.Error())
			}
		}
		if c.want == "" {
			continue
		}
		if f, faults := Parse("f", []byte(table(c.n, c.want+" "))); len(faults) != 0 || len(f.Services) != c.n+1 {
			t.Errorf("%d services with %s %v", c.n, c.want, faults)
		}
	}
}

func TestNesting(t *testing.T) {
	text := ""
	for i := 0; i < 150; i++ {
		text += "class " + name(i) + " { class " + name(i+1) + "; };\n"
	}
	text += "class " + name(150) + " { uid 0; };\n"
	_, faults := Parse("f", []byte(text))
	for _, f := range faults {
		if strings.Contains(f.Text, "nested deeper than 100, expected less") {
			return
		}
	}
	t.Errorf("150 levels: %v", faults)
}

func name(i int) string { return "c" + string(rune('a'+i/26)) + string(rune('a'+i%26)) }

// All faults come at once, in the order of the file, and the good entries survive.
func TestManyFaults(t *testing.T) {
	const text = `service rtc {
	irqs 8;
	io 70:2 70;
};
service uart {
	system BASIC;
	descr "never closed
};
service tty { ipc rtc uart uart; };
class c { uid x; };
service d { class c; };
service good { ipc rtc; uid 0; };
`
	f, faults := Parse("system.conf", []byte(text))
	want := []string{
		`system.conf:2:2: service "rtc": unknown keyword "irqs"`,
		`system.conf:3:10: service "rtc": io: ports 70 overlap`,
		`system.conf:7:8: service "uart": string without an end`,
		`system.conf:9:28: service "tty": ipc: "uart" is there twice`,
		`system.conf:10:15: class "c": uid: unexpected "x"`,
		`system.conf:11:19: service "d": class: entry "c" has faults, expected a good one`,
	}
	if len(faults) != len(want) {
		t.Errorf("%d faults, want %d", len(faults), len(want))
	}
	for i, w := range want {
		if i < len(faults) && !strings.HasPrefix(faults[i].Error(), w) {
			t.Errorf("fault %d:\n got %s\nwant %s", i, faults[i].Error(), w)
		}
	}
	if len(f.Services) != 1 || f.Service("good") == nil || f.Service("good").IPC[0] != "rtc" {
		t.Errorf("services %+v, want good alone", f.Services)
	}
}

// A name that no service of the file has gives nothing, and is told.
func TestNotes(t *testing.T) {
	f, faults := Parse("f", []byte("class c { };\nservice a { ipc RS tty c; control kbd; };"))
	want := []string{
		`f:2:20: service "a": ipc: no service "tty" in this file: no right comes of it`,
		`f:2:24: service "a": ipc: no service "c" in this file: no right comes of it`,
		`f:2:35: service "a": control: no service "kbd" in this file: no right comes of it`,
	}
	if len(faults) != 0 || len(f.Services) != 1 || len(f.Notes) != len(want) {
		t.Fatalf("faults %v, services %v, notes %v", faults, f.Services, f.Notes)
	}
	for i, w := range want {
		if f.Notes[i].Error() != w {
			t.Errorf("note %d: %s, want %s", i, f.Notes[i].Error(), w)
		}
	}
}

// FuzzParse: no text makes the parser stop, loop or keep an entry with a fault.
func FuzzParse(f *testing.F) {
	for _, r := range slices.Concat(faultRows, pciFaults) {
		f.Add([]byte(r.text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file, faults := Parse("f", text)
		for _, x := range faults {
			if x.Line < 1 || x.Col < 1 || x.Text == "" {
				t.Fatalf("fault without a place or words: %+v", x)
			}
			if x.Label != "" && !x.Class && file.Service(x.Label) != nil {
				t.Fatalf("%q has a fault and is kept: %v", x.Label, x)
			}
		}
	})
}
