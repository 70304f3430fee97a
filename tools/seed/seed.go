// Package seed is where tests that draw have their seed from: BENNU_SEED of the environment, else the clock. make test gives the commit's, so that one commit's
// tests draw the same wherever they run, and each commit's something else; whoever looks for what nobody has drawn yet leaves it out (make test-long does).
package seed

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"
)

// Variable names the environment's variable: a number above 0.
const Variable = "BENNU_SEED"

// Of is the seed of a test, which is printed with the test's name: given again, the test draws the same.
func Of(t testing.TB) uint64 {
	t.Helper()
	s, err := Drawn()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("seed %d: again with %s=%d", s, Variable, s)
	return s
}

// Short is Drawn, short enough to be typed.
func Short() (uint64, error) {
	s, err := Drawn()
	return 1 + s%1_000_000, err
}

// Drawn is the environment's seed, or one of the clock's. The error says what is wrong with the environment's.
func Drawn() (uint64, error) {
	given := os.Getenv(Variable)
	if given == "" {
		return uint64(time.Now().UnixNano()), nil
	}
	s, err := strconv.ParseUint(given, 10, 64)
	if err != nil || s == 0 {
		return 0, fmt.Errorf("%s=%s: expected a number above 0", Variable, given)
	}
	return s, nil
}
