// Answers cases read from standard input with Go's own implementation of transparency logs, golang.org/x/mod/sumdb.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type testCase struct {
	Kind    string
	Note    string
	Vkeys   []string
	Leaf    []byte
	Index   int64
	Size    int64
	Root    []byte
	OldSize int64 `json:"old_size"`
	OldRoot []byte `json:"old_root"`
	Proof   [][]byte
	URL     string
}

func hash(raw []byte) (h tlog.Hash) {
	copy(h[:], raw)
	return h
}

func hashes(raw [][]byte) []tlog.Hash {
	list := make([]tlog.Hash, 0, len(raw))
	for _, one := range raw {
		list = append(list, hash(one))
	}
	return list
}

// tiles reads a log over HTTP. Go puts the height of its tiles into their path, tlog-tiles does not.
type tiles struct{ url string }

func (r tiles) Height() int                                { return 8 }
func (r tiles) SaveTiles(tiles []tlog.Tile, data [][]byte) {}
func (r tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		answer, err := http.Get(r.url + "/" + strings.Replace(tile.Path(), "tile/8/", "tile/", 1))
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != 200 || len(data) != tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s: %s, %d bytes, %v", tile.Path(), answer.Status, len(data), err)
		}
		all = append(all, data)
	}
	return all, nil
}

func checkNote(c testCase) error {
	var known []note.Verifier
	for _, vkey := range c.Vkeys {
		verifier, err := note.NewVerifier(vkey)
		if err != nil {
			return err
		}
		known = append(known, verifier)
	}
	_, err := note.Open([]byte(c.Note), note.VerifierList(known...))
	return err
}

// checkTiles proves a leaf from tiles that are themselves checked against the root.
func checkTiles(c testCase) error {
	tree := tlog.Tree{N: c.Size, Hash: hash(c.Root)}
	proof, err := tlog.ProveRecord(c.Size, c.Index, tlog.TileHashReader(tree, tiles{c.URL}))
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, c.Size, tree.Hash, c.Index, tlog.RecordHash(c.Leaf))
}

func check(c testCase) error {
	switch c.Kind {
	case "note":
		return checkNote(c)
	case "inclusion":
		return tlog.CheckRecord(hashes(c.Proof), c.Size, hash(c.Root), c.Index, tlog.RecordHash(c.Leaf))
	case "consistency":
		return tlog.CheckTree(hashes(c.Proof), c.Size, hash(c.Root), c.OldSize, hash(c.OldRoot))
	case "tiles":
		return checkTiles(c)
	}
	panic("no such kind of case: " + c.Kind)
}

func main() {
	var cases []testCase
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		panic(err)
	}
	verdicts := make([]bool, len(cases))
	for at, one := range cases {
		verdicts[at] = check(one) == nil
	}
	json.NewEncoder(os.Stdout).Encode(verdicts)
}
