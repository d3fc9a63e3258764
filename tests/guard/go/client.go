// Load from Go's net/http: `client -addr A -n N -c C [-plain] [-http1] [-post]`. A line "switch ADDR" on standard input sends new
// connections there. Prints one JSON line.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
)

func main() {
	addr := flag.String("addr", "", "")
	n := flag.Int64("n", 1000, "")
	c := flag.Int("c", 10, "")
	plain := flag.Bool("plain", false, "")
	http1 := flag.Bool("http1", false, "")
	post := flag.Bool("post", false, "")
	flag.Parse()

	var target atomic.Value
	target.Store(*addr)
	go func() {
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			if to := strings.TrimPrefix(lines.Text(), "switch "); to != lines.Text() {
				target.Store(to)
				fmt.Println("switched")
			}
		}
	}()

	var dials int64
	transport := &http.Transport{
		ForceAttemptHTTP2:   !*http1,
		MaxIdleConnsPerHost: *c,
		TLSClientConfig:     &tls.Config{InsecureSkipVerify: true},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			atomic.AddInt64(&dials, 1)
			return (&net.Dialer{}).DialContext(ctx, network, target.Load().(string))
		},
	}
	if *http1 {
		transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	client := &http.Client{Transport: transport}
	scheme := "https"
	if *plain {
		scheme = "http"
	}

	var next, ok, failed, proto2 int64
	errors := map[string]int{}
	var lock sync.Mutex
	var all sync.WaitGroup
	for i := 0; i < *c; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for {
				id := atomic.AddInt64(&next, 1)
				if id > *n {
					return
				}
				if id == *n/4 {
					fmt.Println("quarter")
				}
				method, body := "GET", io.Reader(nil)
				if *post {
					method, body = "POST", strings.NewReader("some bytes")
				}
				request, _ := http.NewRequest(method, scheme+"://localhost/work", body)
				request.Header.Set("x-id", fmt.Sprintf("go-%d", id))
				response, err := client.Do(request)
				if err == nil {
					_, err = io.Copy(io.Discard, response.Body)
					response.Body.Close()
					if err == nil && response.StatusCode != 200 {
						err = fmt.Errorf("status %d", response.StatusCode)
					}
					if response.ProtoMajor == 2 {
						atomic.AddInt64(&proto2, 1)
					}
				}
				if err != nil {
					atomic.AddInt64(&failed, 1)
					lock.Lock()
					errors[err.Error()]++
					lock.Unlock()
					continue
				}
				atomic.AddInt64(&ok, 1)
			}
		}()
	}
	all.Wait()
	line, _ := json.Marshal(map[string]interface{}{"ok": ok, "failed": failed, "http2": proto2, "dials": dials, "errors": errors})
	fmt.Println("result " + string(line))
}
