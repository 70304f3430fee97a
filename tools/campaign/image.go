package main

import (
	"errors"

	"bennu/tools/campaign/runner"
	"bennu/tools/campaign/spec"
	"bennu/tools/campaign/store"
)

func imageHashes() (map[string]string, error) { return nil, errors.New("TODO") }

func keepImage(st *store.Store) error { return nil }

func openReal(c *runner.Campaign, st *store.Store, s *spec.Spec, h *how) error {
	return errors.New("TODO")
}

func (t *tool) debug(b *runner.Stored, id spec.ID, port int, dir string) error {
	return errors.New("TODO")
}
