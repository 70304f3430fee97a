package main

import (
	"fmt"
	"os/exec"
	"strings"
)

// ready refuses a tree whose commit does not say what is measured, before minutes are spent on measuring it.
func ready(root string, dirty bool) error {
	out, err := exec.Command("git", "-C", root, "status", "--porcelain", "--untracked-files=no").Output()
	if err != nil {
		return fmt.Errorf("%s names the commit that was measured, and git tells none here (%v): expected a clone of the repository", recordFile, err)
	}
	var changed []string
	for _, l := range strings.Split(strings.TrimRight(string(out), "\n"), "\n") {
		if len(l) > 3 {
			changed = append(changed, l[3:])
		}
	}
	if len(changed) == 0 || dirty {
		return nil
	}
	return fmt.Errorf("%s names the commit that was measured, and no commit has the changes of %s: commit them first, or say make figures RECORD=-dirty",
		recordFile, strings.Join(changed, ", "))
}
