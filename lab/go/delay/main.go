// A delay line: `delay FILE` joins pairs of TAP devices, each in a namespace of its own, and hands frames on after a while, in their order and
// unchanged. For kernels without netem. The message latency on standard input adds to the delay for a time.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"math/rand"
	"os"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

type end struct {
	Namespace string `json:"namespace"`
	Device    string `json:"device"`
}

type config struct {
	DelayMs  float64  `json:"delayMs"`
	JitterMs float64  `json:"jitterMs"`
	Loss     float64  `json:"loss"`
	Seed     int64    `json:"seed"`
	Pairs    [][2]end `json:"pairs"`
}

type frame struct {
	due   time.Time
	bytes []byte
}

var added int64 // nanoseconds

func open(at end) int {
	runtime.LockOSThread()
	home, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY, 0)
	check(err)
	there, err := unix.Open("/run/netns/"+at.Namespace, unix.O_RDONLY, 0)
	check(err)
	check(unix.Setns(there, unix.CLONE_NEWNET))
	tap, err := unix.Open("/dev/net/tun", unix.O_RDWR, 0)
	check(err)
	var request struct {
		name  [16]byte
		flags uint16
		_     [22]byte
	}
	copy(request.name[:], at.Device)
	request.flags = unix.IFF_TAP | unix.IFF_NO_PI
	if _, _, failed := unix.Syscall(unix.SYS_IOCTL, uintptr(tap), unix.TUNSETIFF, uintptr(unsafe.Pointer(&request))); failed != 0 {
		log.Fatalf("%s: %v", at.Device, failed)
	}
	check(unix.Setns(home, unix.CLONE_NEWNET))
	unix.Close(home)
	unix.Close(there)
	runtime.UnlockOSThread()
	return tap
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func carry(from, to int, c config, dice *rand.Rand) {
	line := make(chan frame, 10000)
	go func() {
		for f := range line {
			time.Sleep(time.Until(f.due))
			unix.Write(to, f.bytes)
		}
	}()
	var last time.Time
	buffer := make([]byte, 65536)
	for {
		n, err := unix.Read(from, buffer)
		if err == unix.EINTR || err == unix.EAGAIN {
			continue
		}
		check(err)
		// Frames without an IP packet (ARP, neighbour discovery by size) are never lost: they are no part of a story.
		if c.Loss > 0 && n > 86 && dice.Float64() < c.Loss {
			continue
		}
		due := time.Now().Add(time.Duration(c.DelayMs*1e6+dice.Float64()*c.JitterMs*1e6) + time.Duration(atomic.LoadInt64(&added)))
		if due.Before(last) {
			due = last
		}
		last = due
		select {
		case line <- frame{due, append([]byte(nil), buffer[:n]...)}:
		default: // A full line drops, as a full queue does.
		}
	}
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	check(err)
	var c config
	check(json.Unmarshal(text, &c))
	for i, pair := range c.Pairs {
		a, b := open(pair[0]), open(pair[1])
		go carry(a, b, c, rand.New(rand.NewSource(c.Seed+int64(2*i))))
		go carry(b, a, c, rand.New(rand.NewSource(c.Seed+int64(2*i+1))))
	}
	fmt.Printf("line ready: %d links\n", len(c.Pairs))
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var said struct {
			Do    string  `json:"do"`
			AddMs float64 `json:"addMs"`
			ForMs float64 `json:"forMs"`
		}
		check(json.Unmarshal(lines.Bytes(), &said))
		if said.Do == "latency" {
			atomic.StoreInt64(&added, int64(said.AddMs*1e6))
			time.AfterFunc(time.Duration(said.ForMs*1e6), func() { atomic.StoreInt64(&added, 0) })
		}
	}
}
