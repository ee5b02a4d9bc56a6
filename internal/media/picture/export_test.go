package picture

import (
	"os"
	"time"
)

// These names start decoders that do harm, within the bounds of all.
const (
	Hungry  = "maillage-pictures-hungry"  // takes memory without end
	Endless = "maillage-pictures-endless" // works without end
	Crash   = "maillage-pictures-crash"   // ends in the middle
	Writer  = "maillage-pictures-writer"  // writes a file
	Deaf    = "maillage-pictures-deaf"    // does not start
)

func init() {
	harm := map[string]func([]byte, Sizes) (*Result, error){
		Hungry: func([]byte, Sizes) (*Result, error) {
			var kept [][]byte
			for {
				b := make([]byte, 16<<20)
				for i := 0; i < len(b); i += 4096 {
					b[i] = 1 // a page is there once it is written to
				}
				kept = append(kept, b)
				if len(kept) > 4096 {
					return &Result{Type: "image/png", Bytes: kept[0][:9]}, nil
				}
			}
		},
		Endless: func([]byte, Sizes) (*Result, error) {
			for n := 0; ; n++ {
				if n < 0 {
					return nil, ErrBroken
				}
			}
		},
		Crash: func([]byte, Sizes) (*Result, error) { os.Exit(3); return nil, nil },
		Writer: func([]byte, Sizes) (*Result, error) {
			f, err := os.CreateTemp("", "picture-*")
			if err != nil {
				return nil, err
			}
			defer os.Remove(f.Name())
			defer f.Close()
			if _, err := f.WriteString("harm"); err != nil {
				return nil, ErrBroken
			}
			return &Result{Type: "image/png"}, nil
		},
	}
	if os.Args[0] == Deaf {
		os.Exit(1)
	}
	if f := harm[os.Args[0]]; f != nil {
		work := maxWork
		if os.Args[0] == Endless {
			work = time.Second
		}
		os.Exit(serve(os.Stdin, os.Stdout, f, work))
	}
}

// NewPoolOf is a pool of decoders under another name.
func NewPoolOf(name string) *Pool { return &Pool{slots: make(chan struct{}, 1), name: name} }

// Running is the process number of the decoder that waits, 0 when none does.
func (p *Pool) Running() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) == 0 {
		return 0
	}
	return p.idle[0].cmd.Process.Pid
}
