package bootimage

import (
	"errors"
	"path/filepath"
)

// Service is a service of an image: its program, by its label, and its part of system.conf, a path from the repository's root.
type Service struct{ Label, Part string }

// Usual is the services of the image that people boot, in the order in which they start.
var Usual = []Service{
	{"ds", "rs/ds/ds.conf"},
	{"tty", "drivers/tty/tty.conf"},
	{"ctl", "rs/ctl/ctl.conf"},
	{"rtc", "drivers/rtc/rtc.conf"},
	{"kbd", "drivers/kbd/kbd.conf"},
	{"faulty", "drivers/faulty/faulty.conf"},
	{"shell", "rs/shell/shell.conf"},
}

// ReadServices adds the reincarnation server, the usual services and more, with their programs from the folder bin. The last of them have the last parts.
func (m *Image) ReadServices(root, bin string, more ...Service) error {
	errs := []error{m.ReadFile(RootName, filepath.Join(bin, "rs")), m.ReadPart(filepath.Join(root, "boot/system.conf"))}
	for _, list := range [][]Service{Usual, more} {
		for _, s := range list {
			errs = append(errs, m.ReadFile(BinDir+s.Label, filepath.Join(bin, s.Label)), m.ReadPart(filepath.Join(root, s.Part)))
		}
	}
	return errors.Join(errs...)
}
