package load

// Kinds are the services that rs/load knows operations on, by their labels.
var Kinds = [...]string{"tty", "ctl", "rtc", "kbd", "faulty", "shell", "sum", "ds", "rs"}

// Knows tells whether rs/load knows an operation on the service of a label.
func Knows(label string) bool {
	for _, k := range Kinds {
		if k == label {
			return true
		}
	}
	return false
}
