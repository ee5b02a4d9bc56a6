package bench_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// The load comes from a process of its own, so that what it costs is not
// counted with what the server costs.

// order is what the process with the load is to do.
type order struct {
	Addr    string
	Request [][]byte // whole requests, sent in turn
	Clients int
	Total   int
}

// outcome is how it went.
type outcome struct {
	Wall     time.Duration
	CPU      time.Duration // of the load
	P50, P99 time.Duration
	Bytes    int // of one answer
	Err      string
}

const loadEnv = "MAILLAGE_BENCH_LOAD"

func TestMain(m *testing.M) {
	if os.Getenv(loadEnv) != "" {
		var o order
		if err := json.NewDecoder(os.Stdin).Decode(&o); err != nil {
			panic(err)
		}
		json.NewEncoder(os.Stdout).Encode(o.run())
		return
	}
	os.Exit(m.Run())
}

// load has a process make the requests.
func load(b *testing.B, o order) outcome {
	b.Helper()
	in, err := json.Marshal(o)
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), loadEnv+"=1", "GOMAXPROCS=1")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	raw, err := cmd.Output()
	var out outcome
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err == nil && out.Err != "" {
		err = fmt.Errorf("%s", out.Err)
	}
	if err != nil {
		b.Fatal(err)
	}
	return out
}

func (o order) run() outcome {
	var next atomic.Int64
	var wg sync.WaitGroup
	var mu sync.Mutex
	var all []time.Duration
	var out outcome
	start, cpu := time.Now(), cpuTime()
	for range min(o.Clients, o.Total) {
		wg.Go(func() {
			mine, size, err := o.client(&next)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, mine...)
			out.Bytes = max(out.Bytes, size)
			if err != nil {
				out.Err = err.Error()
			}
		})
	}
	wg.Wait()
	out.Wall, out.CPU = time.Since(start), cpuTime()-cpu
	slices.Sort(all)
	if len(all) > 0 {
		out.P50, out.P99 = all[len(all)/2], all[len(all)*99/100]
	}
	return out
}

// client makes requests over one connection for as long as there are some left.
func (o order) client(next *atomic.Int64) (took []time.Duration, size int, err error) {
	c, err := net.Dial("tcp", o.Addr)
	if err != nil {
		return nil, 0, err
	}
	defer c.Close()
	r := bufio.NewReaderSize(c, 64<<10)
	for {
		i := int(next.Add(1)) - 1
		if i >= o.Total {
			return took, size, nil
		}
		start := time.Now()
		if _, err := c.Write(o.Request[i%len(o.Request)]); err != nil {
			return took, size, err
		}
		n, err := skip(r)
		if err != nil {
			return took, size, err
		}
		size = max(size, n)
		took = append(took, time.Since(start))
	}
}

// skip reads one answer, as little of it as tells where it ends.
func skip(r *bufio.Reader) (size int, err error) {
	length, chunked, first := 0, false, true
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if first {
			if !bytes.Contains(line, []byte(" 200 ")) && !bytes.Contains(line, []byte(" 202 ")) {
				return 0, fmt.Errorf("answered %q", line)
			}
			first = false
		}
		if len(line) <= 2 {
			break
		}
		if v, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			length, _ = strconv.Atoi(string(bytes.TrimSpace(v)))
		}
		chunked = chunked || bytes.HasPrefix(line, []byte("Transfer-Encoding: chunked"))
	}
	if !chunked {
		_, err = r.Discard(length)
		return length, err
	}
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 64)
		if err != nil {
			return 0, err
		}
		if _, err := r.Discard(int(n) + 2); err != nil {
			return 0, err
		}
		if size += int(n); n == 0 {
			return size, nil
		}
	}
}

func cpuTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// bare is the CPU time of answering so many bytes with nothing but net/http:
// what a server written with it cannot go below.
func bare(b *testing.B, size int) time.Duration {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	body := bytes.Repeat([]byte("x"), size)
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(size))
		w.Write(body)
	})}
	go srv.Serve(l)
	defer srv.Close()
	const n = 5000
	cpu := cpuTime()
	load(b, order{Addr: l.Addr().String(), Request: [][]byte{request("GET", "/", l.Addr().String())}, Clients: 16, Total: n})
	return (cpuTime() - cpu) / n
}

// request writes a request; headers come in pairs.
func request(method, path, host string, headers ...string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, path, host)
	for i := 0; i+1 < len(headers); i += 2 {
		fmt.Fprintf(&b, "%s: %s\r\n", headers[i], headers[i+1])
	}
	io.WriteString(&b, "\r\n")
	return b.Bytes()
}

// measure has 16 clients ask b.N times and reports: requests in a second (of
// this machine as busy as it is), the CPU time of one on the server's side, how
// many times that is of bare net/http, the most that both cores could do at that
// price, and the slowest hundredth.
func measure(b *testing.B, addr string, requests ...[]byte) {
	b.Helper()
	first := load(b, order{Addr: addr, Request: requests, Clients: 1, Total: len(requests)})
	limit := bare(b, first.Bytes)
	b.ResetTimer()
	cpu := cpuTime()
	out := load(b, order{Addr: addr, Request: requests, Clients: 16, Total: b.N})
	each := (cpuTime() - cpu) / time.Duration(b.N)
	b.StopTimer()
	b.ReportMetric(float64(b.N)/out.Wall.Seconds(), "req/s")
	b.ReportMetric(float64(each.Nanoseconds())/1000, "cpu-µs/req")
	b.ReportMetric(float64(each)/float64(limit), "x-limit")
	b.ReportMetric(float64(out.P99.Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(out.CPU.Nanoseconds())/float64(b.N)/1000, "load-µs/req")
	b.ReportMetric(float64(first.Bytes), "bytes")
}
