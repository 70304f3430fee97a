package conf

import (
	"fmt"
	"testing"
)

func TestOutlines(t *testing.T) {
	const text = `# service none { };
class c { memory 1M; };
service "a" {
	args	"one
two";
	ipc rs
		shell; period 1s; server;
};
service b { ipc rs };
service d { class c; } ;
machine { memory 64M; };
service e {`
	got := ""
	for _, o := range Outlines([]byte(text)) {
		got += fmt.Sprintf("%s %v %d:%d", o.Label, o.Class, o.Close.Line, o.Close.Col)
		for _, s := range o.Statements {
			got += fmt.Sprintf(" %s%q %d:%d-%d:%d", s.Key, s.Args, s.From.Line, s.From.Col, s.To.Line, s.To.Col)
		}
		got += "\n"
	}
	const want = `c true 2:22 memory["1M"] 2:11-2:21
d false 10:22 class["c"] 10:13-10:21
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	got = ""
	for _, o := range Outlines([]byte("service a {\n\tipc rs\n\t\tshell; period 1s;\tserver;\n};\n")) {
		got += fmt.Sprintf("%v", o)
	}
	if want := "{a false :1:9 [{ipc [rs shell] :2:2 :3:9} {period [1s] :3:10 :3:20} {server [] :3:21 :3:28}] :4:1}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
