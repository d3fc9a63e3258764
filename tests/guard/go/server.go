// A server of Go's net/http over TLS: `server -cert F -key F [-goaway N]`. Every N-th request is answered with Connection: close, which
// is GOAWAY on HTTP/2, as Kubernetes' filter does it. "/count" tells how many requests came, and how many of their ids came twice;
// "/abort" resets its stream within the response; "/unread" neither reads the body nor answers, till its client has left.
package main

import (
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
)

func main() {
	cert := flag.String("cert", "", "")
	key := flag.String("key", "", "")
	goaway := flag.Int("goaway", 0, "")
	flag.Parse()

	var lock sync.Mutex
	seen := map[string]int{}
	all, twice := 0, 0
	connections := map[string]bool{}
	http.HandleFunc("/count", func(w http.ResponseWriter, r *http.Request) {
		lock.Lock()
		defer lock.Unlock()
		fmt.Fprintf(w, "%d %d %d", all, twice, len(connections))
	})
	http.HandleFunc("/abort", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	http.HandleFunc("/unread", func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		fmt.Println("unread: cancelled")
	})
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		lock.Lock()
		all++
		connections[r.RemoteAddr] = true
		id := r.Header.Get("x-id")
		seen[id]++
		if seen[id] > 1 {
			twice++
		}
		leave := *goaway > 0 && all%*goaway == 0
		lock.Unlock()
		if leave {
			w.Header().Set("Connection", "close")
		}
		io.WriteString(w, "ok\n")
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Printf("listening %d\n", listener.Addr().(*net.TCPAddr).Port)
	fmt.Println(http.ServeTLS(listener, nil, *cert, *key))
}
