// Clients of an API server with Go's net/http and golang.org/x/net/http2, as Kubernetes' components are: `h2clients FILE` reads the same
// configuration as the lab program clients.ts and is told when to start on standard input. Kinds: controller, plain. Several transports each,
// every one with its own connection; ReadIdleTimeout and PingTimeout as configured; GODEBUG=http2debug=2 shows every frame.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math"
	"math/rand"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http2"
)

type keepalive struct {
	IdleMs float64 `json:"idleMs"`
}

type config struct {
	Group     string   `json:"group"`
	Names     []string `json:"names"`
	Addresses []string `json:"addresses"`
	Port      int      `json:"port"`
	Seed      int64    `json:"seed"`
	KeyLog    string   `json:"keyLog"`
	Clients   struct {
		Kind        string `json:"kind"`
		Connections int    `json:"connections"`
		Requests    struct {
			EveryMs       float64 `json:"everyMs"`
			Spacing       string  `json:"spacing"`
			Method        string  `json:"method"`
			RequestBytes  int     `json:"requestBytes"`
			ResponseBytes int     `json:"responseBytes"`
		} `json:"requests"`
		Watches struct {
			Count int     `json:"count"`
			MinMs float64 `json:"minMs"`
			MaxMs float64 `json:"maxMs"`
		} `json:"watches"`
		HealthCheck *struct {
			ReadIdleTimeoutMs float64 `json:"readIdleTimeoutMs"`
			PingTimeoutMs     float64 `json:"pingTimeoutMs"`
		} `json:"healthCheck"`
		Keepalive         *keepalive `json:"keepalive"`
		PoolIdleTimeoutMs float64    `json:"poolIdleTimeoutMs"`
		ConnectTimeoutMs  float64    `json:"connectTimeoutMs"`
		RequestTimeoutMs  float64    `json:"requestTimeoutMs"`
	} `json:"clients"`
	Kubernetes *struct {
		NodeMonitorPeriodMs float64 `json:"nodeMonitorPeriodMs"`
		NodeMonitorGraceMs  float64 `json:"nodeMonitorGraceMs"`
	} `json:"kubernetes"`
}

func ms(value float64) time.Duration { return time.Duration(value * float64(time.Millisecond)) }

var (
	conf  config
	lock  sync.Mutex
	dice  *rand.Rand
	quiet time.Time
)

func draw() float64 {
	lock.Lock()
	defer lock.Unlock()
	return dice.Float64()
}

// One of the addresses that the service's name has now.
func resolve() string {
	lock.Lock()
	defer lock.Unlock()
	return net.JoinHostPort(conf.Addresses[dice.Intn(len(conf.Addresses))], fmt.Sprint(conf.Port))
}

func transport() *http.Client {
	dialer := &net.Dialer{Timeout: ms(conf.Clients.ConnectTimeoutMs), KeepAlive: -1}
	if dialer.Timeout < time.Second {
		dialer.Timeout = time.Second
	}
	if k := conf.Clients.Keepalive; k != nil {
		dialer.KeepAlive = ms(k.IdleMs)
	}
	secrets := &tls.Config{InsecureSkipVerify: true}
	if conf.KeyLog != "" {
		file, err := os.OpenFile(conf.KeyLog, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0644)
		if err != nil {
			log.Fatal(err)
		}
		secrets.KeyLogWriter = file
	}
	first := &http.Transport{
		ForceAttemptHTTP2: true,
		TLSClientConfig:   secrets,
		IdleConnTimeout:   ms(conf.Clients.PoolIdleTimeoutMs),
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, resolve())
		},
	}
	second, err := http2.ConfigureTransports(first)
	if err != nil {
		log.Fatal(err)
	}
	if h := conf.Clients.HealthCheck; h != nil {
		second.ReadIdleTimeout, second.PingTimeout = ms(h.ReadIdleTimeoutMs), ms(h.PingTimeoutMs)
	}
	return &http.Client{Transport: first}
}

func ask(client *http.Client, method, path string, body string, timeout time.Duration) (*http.Response, context.CancelFunc, error) {
	ctx, cancel := context.WithCancel(context.Background())
	if timeout > 0 {
		ctx, cancel = context.WithTimeout(context.Background(), timeout)
	}
	request, err := http.NewRequestWithContext(ctx, method, "https://api.internal"+path, strings.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("User-Agent", conf.Group)
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		cancel()
	}
	return response, cancel, err
}

// klog's header, so that its lines are read as the component's.
func klog(level, file, format string, words ...interface{}) {
	now := time.Now().UTC()
	fmt.Fprintf(os.Stderr, "%s%s %7d %s] %s\n", level, now.Format("0102 15:04:05.000000"), os.Getpid(), file, fmt.Sprintf(format, words...))
}

type event struct {
	Type   string `json:"type"`
	Object struct {
		Metadata struct {
			Name string `json:"name"`
		} `json:"metadata"`
		Spec struct {
			RenewTime string `json:"renewTime"`
		} `json:"spec"`
	} `json:"object"`
}

func watch(client *http.Client, resource, path string, take func(event)) {
	for {
		w := conf.Clients.Watches
		seconds := (w.MinMs + draw()*(w.MaxMs-w.MinMs)) / 1000
		response, cancel, err := ask(client, "GET", fmt.Sprintf("%s?watch=true&allowWatchBookmarks=true&timeoutSeconds=%.3f", path, seconds), "", 0)
		if err == nil {
			lines := bufio.NewReader(response.Body)
			for {
				var line []byte
				line, err = lines.ReadBytes('\n')
				if err != nil {
					break
				}
				var e event
				if take != nil && json.Unmarshal(line, &e) == nil {
					take(e)
				}
			}
			response.Body.Close()
			cancel()
		}
		if err != nil && err != io.EOF {
			klog("W", "reflector.go:1", "watch of %s ended with: %v", resource, err)
			time.Sleep(ms(100 + draw()*200))
		}
	}
}

func requests(client *http.Client, name, path string) {
	r := conf.Clients.Requests
	number := 0
	time.Sleep(ms(draw() * r.EveryMs))
	for {
		gap := r.EveryMs
		if r.Spacing == "poisson" {
			gap *= -math.Log(1 - draw())
		}
		begin := time.Now()
		asked := path
		if conf.Clients.Kind != "controller" || conf.Kubernetes == nil {
			number++
			asked = fmt.Sprintf("%s&of=%s&number=%d", path, name, number)
		}
		lock.Lock()
		still := begin.Before(quiet)
		lock.Unlock()
		if !still {
			body := ""
			if r.Method != "GET" {
				body = strings.Repeat("x", r.RequestBytes)
			}
			response, cancel, err := ask(client, r.Method, asked, body, ms(conf.Clients.RequestTimeoutMs))
			if err == nil {
				_, err = io.Copy(io.Discard, response.Body)
				response.Body.Close()
				cancel()
			}
			if err != nil {
				if conf.Clients.Kind == "controller" && conf.Kubernetes != nil {
					klog("E", "leaderelection.go:1", "error retrieving resource lock kube-system/kube-controller-manager: %v", err)
				} else {
					log.Printf("%s: %s %s: %v", name, r.Method, path, err)
				}
			}
		}
		time.Sleep(ms(gap) - time.Since(begin))
	}
}

func controller(name string) {
	type state struct {
		renewed string
		at      time.Time
		ready   bool
	}
	var mine sync.Mutex
	seen := map[string]*state{}
	take := func(e event) {
		if e.Object.Spec.RenewTime == "" {
			return
		}
		mine.Lock()
		defer mine.Unlock()
		s := seen[e.Object.Metadata.Name]
		if s == nil {
			s = &state{ready: true}
			seen[e.Object.Metadata.Name] = s
		}
		if s.renewed == e.Object.Spec.RenewTime {
			return
		}
		if !s.ready {
			klog("I", "node_lifecycle_controller.go:2", "Recording status change NodeReady event message for node %s", e.Object.Metadata.Name)
		}
		s.renewed, s.at, s.ready = e.Object.Spec.RenewTime, time.Now(), true
	}
	for i := 0; i < conf.Clients.Connections; i++ {
		client := transport()
		for k := 0; k < conf.Clients.Watches.Count; k++ {
			if i == 0 && k == 0 {
				go watch(client, "*v1.Lease", "/apis/coordination.k8s.io/v1/leases", take)
			} else {
				go watch(client, "*v1.Node", "/api/v1/nodes", nil)
			}
		}
		if conf.Clients.Requests.EveryMs > 0 {
			go requests(client, name, "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-controller-manager")
		}
	}
	speaker := transport()
	for conf.Kubernetes != nil {
		time.Sleep(ms(conf.Kubernetes.NodeMonitorPeriodMs))
		mine.Lock()
		for node, s := range seen {
			silent := time.Since(s.at)
			if !s.ready || silent <= ms(conf.Kubernetes.NodeMonitorGraceMs) {
				continue
			}
			s.ready = false
			klog("I", "node_lifecycle_controller.go:1", "node %s hasn't been updated for %v. Last Lease seen at %v", node, silent, s.at.UTC().Format(time.RFC3339Nano))
			klog("I", "node_lifecycle_controller.go:2", "Recording status change NodeNotReady event message for node %s", node)
			go func(node string) {
				body := `{"status":{"conditions":[{"type":"Ready","status":"Unknown","reason":"NodeStatusUnknown"}]}}`
				if response, cancel, err := ask(speaker, "PATCH", "/api/v1/nodes/"+node+"/status", body, 20*time.Second); err == nil {
					io.Copy(io.Discard, response.Body)
					response.Body.Close()
					cancel()
				}
			}(node)
		}
		mine.Unlock()
	}
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	if err := json.Unmarshal(text, &conf); err != nil {
		log.Fatal(err)
	}
	log.SetFlags(log.LstdFlags | log.Lmicroseconds | log.LUTC)
	dice = rand.New(rand.NewSource(conf.Seed))
	fmt.Fprintf(os.Stderr, "%s ready: %d clients\n", conf.Group, len(conf.Names))
	lines := bufio.NewScanner(os.Stdin)
	started := false
	for lines.Scan() {
		var said struct {
			Do        string   `json:"do"`
			ForMs     float64  `json:"forMs"`
			Addresses []string `json:"addresses"`
		}
		if err := json.Unmarshal(lines.Bytes(), &said); err != nil {
			log.Fatal(err)
		}
		switch said.Do {
		case "start":
			if started {
				continue
			}
			started = true
			for _, name := range conf.Names {
				if conf.Clients.Kind == "controller" && conf.Kubernetes != nil {
					go controller(name)
					continue
				}
				for i := 0; i < conf.Clients.Connections; i++ {
					client := transport()
					for k := 0; k < conf.Clients.Watches.Count; k++ {
						go watch(client, "events", "/watch", nil)
					}
					go requests(client, name, fmt.Sprintf("/work?bytes=%d", conf.Clients.Requests.ResponseBytes))
				}
			}
		case "quiet":
			lock.Lock()
			quiet = time.Now().Add(ms(said.ForMs))
			lock.Unlock()
		case "addresses":
			lock.Lock()
			conf.Addresses = said.Addresses
			lock.Unlock()
		}
	}
}
