/**
 * A configuration that lost connections, and what cured it, rebuilt from a public thread: its figures, not its words. Past 300 lines: one table, a row for
 * each thread, and nothing else.
 */
export interface RealConfiguration {
  /** `owner/repository#number`. */
  readonly thread: string;
  /** Which figures are the thread's; others are the products' defaults. */
  readonly figures: string;
  /**
   * Figures of `hops` or `more` that the thread leaves open, as `hop.setting` or by the product whose default stands for it: chosen so that
   * they have what the thread says of them (closes sooner, is slower).
   */
  readonly standIns?: readonly string[];
  readonly hops: string;
  readonly more?: string;
  /** `rule hop.setting hop.setting …`: the rule that must find it and the settings that it must name. */
  readonly finds: string;
  readonly cured: string;
  readonly curedMore?: string;
}

const DETECTOR = (version: string, settings = ""): string =>
  `carries: [watches]\ndetectors:\n  - id: kcm\n    product: kube-controller-manager\n    version: "${version}"\n    hearsThrough: a\n${settings}`;

/** One pair of neighbours behind a browser. */
const ALB = "u: client\na: aws-alb";
const GCP = "u: client\na: gcp-http-balancer";
const ORDER = "keep-alive-order a.poolIdleTimeout b.idleTimeout";

export const REAL_CONFIGURATIONS: readonly RealConfiguration[] = [
  {
    thread: "nodejs/node#20256",
    figures: "5 s behind 60 s",
    hops: `${ALB}
b: node-server@14 headersTimeout=66s`,
    finds: ORDER,
    cured: `${ALB}
b: node-server@14 idleTimeout=65s headersTimeout=66s`,
  },
  {
    thread: "nodejs/node#27363",
    figures: "10.15.3; 65 s behind 60 s; headersTimeout 40 s (nodejs/node#30071)",
    hops: `${ALB}
b: node-server@10.15.3 idleTimeout=65s headersTimeout=40s`,
    finds: "server-contradiction b.idleTimeout b.headersTimeout",
    cured: `${ALB}
b: node-server@10.15.3 idleTimeout=65s headersTimeout=66s`,
  },
  {
    thread: "nodejs/node#26166",
    figures: "10.15.1; 65 s behind 60 s; headersTimeout turned off",
    hops: `u: client
a: aws-clb
b: node-server@10.15.1 idleTimeout=65s headersTimeout=40s`,
    finds: "server-contradiction b.idleTimeout b.headersTimeout",
    cured: `u: client
a: aws-clb
b: node-server@10.15.1 idleTimeout=65s headersTimeout=never`,
  },
  {
    thread: "nodejs/node#30071",
    figures: "headersTimeout 40 s",
    hops: `u: client
a: aws-clb
b: node-server@12.13 idleTimeout=61s headersTimeout=40s`,
    finds: "server-contradiction b.idleTimeout b.headersTimeout",
    cured: `u: client
a: aws-clb
b: node-server@12.13 idleTimeout=62s headersTimeout=64s`,
  },
  {
    thread: "PublicMapping/districtbuilder#448",
    figures: "5 s behind 60 s (both defaults, named there or in the table of causes)",
    hops: `${ALB}
b: node-server@18`,
    finds: ORDER,
    cured: `${ALB}
b: node-server@18 idleTimeout=65s`,
  },
  {
    thread: "cardstack/boxel#6107",
    figures: "Node's 5 s behind an ALB of 4000 s; cured above it",
    hops: `${ALB} idleTimeout=4000s
b: node-server@18`,
    finds: ORDER,
    cured: `${ALB} idleTimeout=4000s
b: node-server@18 idleTimeout=4060s`,
  },
  {
    thread: "growthbook/growthbook-proxy#134",
    figures: "5 s behind 60 s (both defaults, named there or in the table of causes)",
    hops: `${ALB}
b: node-server@18`,
    finds: ORDER,
    cured: `${ALB}
b: node-server@18 idleTimeout=65s`,
  },
  {
    thread: "OpenCTI-Platform/opencti#17648",
    figures: "5 s behind 60 s (both defaults, named there or in the table of causes)",
    hops: `${ALB}
b: node-server@18`,
    finds: ORDER,
    cured: `${ALB}
b: node-server@18 idleTimeout=65s`,
  },
  {
    thread: "medplum/medplum#2253",
    figures: "5 s behind 60 s (both defaults, named there or in the table of causes)",
    hops: `${ALB}
b: node-server@18`,
    finds: ORDER,
    cured: `${ALB}
b: node-server@18 idleTimeout=90s`,
  },
  {
    thread: "opengovsg/GoGovSG#2431",
    figures: "5 s behind 60 s (both defaults, named there or in the table of causes)",
    hops: `${ALB}
b: node-server@18`,
    finds: ORDER,
    cured: `${ALB}
b: node-server@18 idleTimeout=65s`,
  },
  {
    thread: "standardnotes/server#920",
    figures: "5 s behind 60 s (both defaults, named there or in the table of causes)",
    hops: `${ALB}
b: node-server@18`,
    finds: ORDER,
    cured: `${ALB}
b: node-server@18 idleTimeout=65s`,
  },
  {
    thread: "opengovsg/postmangovsg#1231",
    figures: "5 s behind 100 s; cured with 110 s",
    hops: `u: client
a: aws-alb idleTimeout=100s
b: node-server@18`,
    finds: ORDER,
    cured: `u: client
a: aws-alb idleTimeout=100s
b: node-server@18 idleTimeout=110s`,
  },
  {
    thread: "modelence/modelence#346",
    figures: "5 s behind 60 s; cured with 65 s and headersTimeout 70 s",
    hops: `${ALB}
b: node-server@22`,
    finds: ORDER,
    cured: `${ALB}
b: node-server@22 idleTimeout=65s headersTimeout=70s`,
  },
  {
    thread: "conbench/conbench#1156",
    figures: "gunicorn's 2 s behind 60 s",
    hops: `${ALB}
b: gunicorn`,
    finds: ORDER,
    cured: `${ALB}
b: gunicorn idleTimeout=65s`,
  },
  {
    thread: "MystenLabs/mysten-infra#124",
    figures: "a balancer that reuses for 350 s, a server that closes sooner; cured above 350 s",
    standIns: ["b.idleTimeout"],
    hops: `u: client
a: proxy poolIdleTimeout=350s
b: server idleTimeout=60s`,
    finds: ORDER,
    cured: `u: client
a: proxy poolIdleTimeout=350s
b: server idleTimeout=360s`,
  },
  {
    thread: "theopenco/llmgateway#1539",
    figures: "5 s behind 600 s; cured with 620 s",
    hops: `${GCP}
b: node-server@20`,
    finds: ORDER,
    cured: `${GCP}
b: node-server@20 idleTimeout=620s`,
  },
  {
    thread: "ONSdigital/eq-survey-runner#2379",
    figures: "gunicorn behind 600 s; cured with 650 s",
    hops: `${GCP}
b: gunicorn`,
    finds: ORDER,
    cured: `${GCP}
b: gunicorn idleTimeout=650s`,
  },
  {
    thread: "ninenines/cowboy#1286",
    figures: "cured with 650 s; 60 s stands for what was there",
    standIns: ["b.idleTimeout"],
    hops: `${GCP}
b: server idleTimeout=60s`,
    finds: ORDER,
    cured: `${GCP}
b: server idleTimeout=650s`,
  },
  {
    thread: "Adyen/adyen-commercetools#56",
    figures: "Node's 5 s behind 600 s",
    hops: `${GCP}
b: node-server@8`,
    finds: ORDER,
    cured: `${GCP}
b: node-server@8 idleTimeout=620s`,
  },
  {
    thread: "projectcontour/contour#6121",
    figures: "Contour's 60 s behind 600 s",
    hops: `${GCP}
b: contour
s: server`,
    finds: ORDER,
    cured: `${GCP}
b: contour idleTimeout=620s
s: server`,
  },
  {
    thread: "buildbuddy-io/buildbuddy#984",
    figures: "nginx' 75 s behind 600 s; cured as Google advises",
    hops: `${GCP}
b: nginx@1.20
s: server`,
    finds: ORDER,
    cured: `${GCP}
b: nginx@1.20 idleTimeout=620s
s: server`,
  },
  {
    thread: "traefik/traefik#3237",
    figures: "Traefik's 180 s behind 600 s; cured with 620 s",
    hops: `${GCP}
b: traefik
s: server idleTimeout=120s`,
    finds: ORDER,
    cured: `${GCP}
b: traefik idleTimeout=620s
s: server idleTimeout=120s`,
  },
  {
    thread: "e2b-dev/infra#617",
    figures: "a server that closes sooner than 600 s; 60 s stands for what was there",
    standIns: ["b.idleTimeout"],
    hops: `${GCP}
b: go-server idleTimeout=60s`,
    finds: ORDER,
    cured: `${GCP}
b: go-server idleTimeout=620s`,
  },
  {
    thread: "darklang/dark#928",
    figures: "nginx' 65 s behind 600 s; cured with 650 s",
    hops: `${GCP}
b: server idleTimeout=65s`,
    finds: ORDER,
    cured: `${GCP}
b: server idleTimeout=650s`,
  },
  {
    thread: "lsst-sqre/phalanx#5103",
    figures: "ingress-nginx' 60 s, uvicorn's 5 s; cured above 60 s",
    hops: `u: client
a: ingress-nginx
b: uvicorn`,
    finds: ORDER,
    cured: `u: client
a: ingress-nginx
b: uvicorn idleTimeout=65s`,
  },
  {
    thread: "basetenlabs/truss#2648",
    figures: "a proxy with 90 s, uvicorn's 5 s; cured above 90 s",
    hops: `u: client
a: proxy poolIdleTimeout=90s
b: uvicorn`,
    finds: ORDER,
    cured: `u: client
a: proxy poolIdleTimeout=90s
b: uvicorn idleTimeout=95s`,
  },
  {
    thread: "marin-community/marin#2818",
    figures: "clients that poll every 5 s, uvicorn's 5 s; cured with 120 s",
    hops: `a: client poolIdleTimeout=5s
b: uvicorn`,
    finds: ORDER,
    cured: `a: client poolIdleTimeout=5s
b: uvicorn idleTimeout=120s`,
  },
  {
    thread: "open-webui/open-terminal#148",
    figures: "uvicorn's 5 s; cured with 75 s; the pool is aiohttp's",
    hops: `a: aiohttp-client
b: uvicorn`,
    finds: ORDER,
    cured: `a: aiohttp-client
b: uvicorn idleTimeout=75s`,
  },
  {
    thread: "ray-project/ray#54127",
    figures: "uvicorn's 5 s; cured with 90 s; nginx' 60 s in front",
    hops: `u: client
a: nginx@1.29.7
b: uvicorn`,
    finds: ORDER,
    cured: `u: client
a: nginx@1.29.7
b: uvicorn idleTimeout=90s`,
  },
  {
    thread: "avibe-bot/avibe#1815",
    figures: "cloudflared's 90 s, uvicorn's 5 s",
    hops: `u: client
a: cloudflared
b: uvicorn`,
    finds: ORDER,
    cured: `u: client
a: cloudflared
b: uvicorn idleTimeout=95s`,
  },
  {
    thread: "kserve/kserve#5446",
    figures: "uvicorn's 5 s behind Istio; cured by a shorter pool",
    hops: `u: client
a: istio
b: uvicorn`,
    finds: ORDER,
    cured: `u: client
a: istio poolIdleTimeout=3s
b: uvicorn`,
  },
  {
    thread: "vllm-project/vllm#18472",
    figures: "uvicorn's 5 s behind a pool of 60 s; the time-out became a setting",
    hops: `u: client
a: proxy poolIdleTimeout=60s
b: uvicorn`,
    finds: ORDER,
    cured: `u: client
a: proxy poolIdleTimeout=60s
b: uvicorn idleTimeout=70s`,
  },
  {
    thread: "volcengine/OpenViking#3743",
    figures: "uvicorn's 5 s behind httpx' 5 s: equal",
    hops: `a: httpx
b: uvicorn`,
    finds: ORDER,
    cured: `a: httpx
b: uvicorn idleTimeout=30s`,
  },
  {
    thread: "kubernetes/ingress-nginx#3099",
    figures: "a backend that waits less than nginx' 60 s; Node's 5 s stands for it",
    standIns: ["node-server"],
    hops: `u: client
a: ingress-nginx
b: node-server@10`,
    finds: ORDER,
    cured: `u: client
a: ingress-nginx poolIdleTimeout=3s
b: node-server@10`,
  },
  {
    thread: "kubernetes/ingress-nginx#10987",
    figures: "an application that closes after 5 s, nginx' 60 s",
    hops: `u: client
a: ingress-nginx
b: server idleTimeout=5s`,
    finds: ORDER,
    cured: `u: client
a: ingress-nginx poolIdleTimeout=3s
b: server idleTimeout=5s`,
  },
  {
    thread: "kubernetes/ingress-nginx#11244",
    figures: "nginx' 60 s against an application's 60 s: equal is wrong",
    hops: `u: client
a: ingress-nginx
b: server idleTimeout=60s`,
    finds: ORDER,
    cured: `u: client
a: ingress-nginx
b: server idleTimeout=65s`,
  },
  {
    thread: "cloudfoundry/java-buildpack#881",
    figures: "gorouter's 90 s, Tomcat's 60 s",
    hops: `u: client
a: proxy poolIdleTimeout=90s
b: tomcat`,
    finds: ORDER,
    cured: `u: client
a: proxy poolIdleTimeout=90s
b: tomcat idleTimeout=95s`,
  },
  {
    thread: "traefik/traefik#4983",
    figures: "Traefik's 90 s, fixed until then; Node's 5 s behind it",
    hops: `u: client
a: traefik
b: node-server@10`,
    finds: ORDER,
    cured: `u: client
a: traefik poolIdleTimeout=3s
b: node-server@10`,
  },
  {
    thread: "loculus-project/loculus#7092",
    figures: "Traefik's 90 s, a backend that closes sooner (30 s stands for it); cured in Traefik",
    standIns: ["b.idleTimeout"],
    hops: `u: client
a: traefik
b: server idleTimeout=30s`,
    finds: ORDER,
    cured: `u: client
a: traefik poolIdleTimeout=25s
b: server idleTimeout=30s`,
  },
  {
    thread: "istio/istio#55138",
    figures: "Envoy's hour, a server that closes sooner; cured with a DestinationRule",
    standIns: ["node-server"],
    hops: `u: client
a: istio
b: node-server@18`,
    finds: ORDER,
    cured: `u: client
a: istio poolIdleTimeout=3s
b: node-server@18`,
  },
  {
    thread: "istio/istio#13205",
    figures: "the same through sidecars, first request after a night",
    hops: `u: client
a: istio
b: jetty`,
    finds: ORDER,
    cured: `u: client
a: istio poolIdleTimeout=25s
b: jetty`,
  },
  {
    thread: "Kong/kong#5220",
    figures: "Kong's 60 s, a service that closes sooner (gunicorn's 2 s)",
    standIns: ["gunicorn"],
    hops: `u: client
a: kong
b: gunicorn`,
    finds: ORDER,
    cured: `u: client
a: kong
b: gunicorn idleTimeout=65s`,
  },
  {
    thread: "dotnet/runtime#52687",
    figures: ".NET's 120 s, Kestrel's 120 s: equal; cured with 60 s and 130 s",
    hops: `a: dotnet-httpclient@5
b: kestrel@2.2`,
    finds: ORDER,
    cured: `a: dotnet-httpclient@6
b: kestrel@6`,
  },
  {
    thread: "dotnet/runtime#52267",
    figures: ".NET's 120 s, IIS' 120 s: equal; cured with 60 s",
    hops: `a: dotnet-httpclient@5
b: iis`,
    finds: ORDER,
    cured: `a: dotnet-httpclient@6
b: iis`,
  },
  {
    thread: "reactor/reactor-netty#1764",
    figures: "a WebClient with no idle limit, Tomcat's 60 s",
    hops: `a: reactor-netty-client
b: tomcat`,
    finds: ORDER,
    cured: `a: reactor-netty-client poolIdleTimeout=50s
b: tomcat`,
  },
  {
    thread: "dotwebstack/dotwebstack-framework#596",
    figures: "no idle limit, a server that closes sooner; cured with 10 s",
    standIns: ["b.idleTimeout"],
    hops: `a: reactor-netty-client
b: server idleTimeout=30s`,
    finds: ORDER,
    cured: `a: reactor-netty-client poolIdleTimeout=10s
b: server idleTimeout=30s`,
  },
  {
    thread: "m3dev/octoparts#125",
    figures: "HttpClient 4.5 without limit; a service with nginx' 75 s stands behind it",
    standIns: ["nginx"],
    hops: `a: apache-httpclient@4.5
b: nginx@1.20 role=server`,
    finds: ORDER,
    cured: `a: apache-httpclient@4.5 poolIdleTimeout=60s
b: nginx@1.20 role=server`,
  },
  {
    thread: "psf/requests#4664",
    figures: "requests without limit, a server that closes after 5 s",
    hops: `a: urllib3
b: apache-httpd role=server`,
    finds: ORDER,
    cured: `a: urllib3 reusesConnections=false
b: apache-httpd role=server`,
  },
  {
    thread: "hyperium/hyper#2136",
    figures: "hyper's 90 s; Node's 5 s stands for the server",
    standIns: ["node-server"],
    hops: `a: hyper-client
b: node-server@12`,
    finds: ORDER,
    cured: `a: hyper-client poolIdleTimeout=3s
b: node-server@12`,
  },
  {
    thread: "aio-libs/aiohttp#13283",
    figures: "aiohttp's client 15 s against a server of 15 s: the window is 0.4 to 0.6 ms",
    hops: `a: aiohttp-client
b: server idleTimeout=15s`,
    finds: ORDER,
    cured: `a: aiohttp-client
b: server idleTimeout=30s`,
  },
  {
    thread: "golang/go#22158",
    figures: "Go's 90 s against a server that closes sooner (75 s)",
    standIns: ["nginx"],
    hops: `a: go-client
b: nginx@1.20 role=server`,
    finds: ORDER,
    cured: `a: go-client poolIdleTimeout=60s
b: nginx@1.20 role=server`,
  },
  {
    thread: "grpc/grpc-go#2443",
    figures: "no keepalive anywhere (Go before 1.13 does not probe what it accepts), 350 s; cured below it",
    hops: `a: grpc-go-client
n: aws-nlb
b: grpc-go-server serverTcpKeepalive=never`,
    finds: "keepalive-too-slow b.serverPingInterval n.idleTimeout",
    cured: `a: grpc-go-client pingInterval=5m pingsWithoutStreams=true
n: aws-nlb
b: grpc-go-server minPingIntervalIdle=5m serverTcpKeepalive=never`,
  },
  {
    thread: "grpc/grpc-java#7851",
    figures: "15 minutes of silence; cured with a keepalive of 5 minutes",
    hops: `a: client protocol=http2 pingInterval=never readIdleTimeout=never
n: azure-load-balancer idleTimeout=15m
b: server protocol=http2`,
    more: "carries: [streams]",
    finds: "box-forgets-first a.tcpKeepalive n.idleTimeout",
    cured: `a: client protocol=http2 pingInterval=5m
n: azure-load-balancer idleTimeout=15m
b: server protocol=http2`,
  },
  {
    thread: "grpc/grpc-java#1648",
    figures: "Google's 600 s without keepalive; cured with TCP keepalive",
    hops: `a: client protocol=http2
n: gcp-network-balancer
b: server protocol=http2`,
    more: "carries: [streams]",
    finds: "box-forgets-first a.tcpKeepalive n.idleTimeout",
    cured: `a: client protocol=http2 tcpKeepaliveMs=60000
n: gcp-network-balancer
b: server protocol=http2`,
  },
  {
    thread: "reactor/reactor-netty#764",
    figures: "Azure's 4 minutes, a pool without limit; cured by maxIdleTime",
    hops: `a: reactor-netty-client
n: azure-load-balancer
b: reactor-netty-server`,
    finds: "box-forgets-first a.poolIdleTimeout n.idleTimeout b.idleTimeout",
    cured: `a: reactor-netty-client poolIdleTimeout=200s
n: azure-load-balancer
b: reactor-netty-server`,
  },
  {
    thread: "istio/istio#36499",
    figures: "NAT gateway's 350 s, the sidecar's hour; cured with tcpKeepalive",
    hops: `a: istio role=client
n: aws-nat-gateway
b: server idleTimeout=never`,
    finds: "box-forgets-first a.poolIdleTimeout n.idleTimeout b.idleTimeout",
    cured: `a: istio role=client tcpKeepaliveMs=60000
n: aws-nat-gateway
b: server idleTimeout=never`,
  },
  {
    thread: "boto/boto3#2510",
    figures: "an answer that takes longer than 350 s; cured with tcp_keepalive",
    standIns: ["b.idleTimeout"],
    hops: `a: urllib3
n: aws-nat-gateway
b: server idleTimeout=15m`,
    more: "carries: [streams]",
    finds: "box-forgets-first a.tcpKeepalive n.idleTimeout",
    cured: `a: urllib3 tcpKeepaliveMs=60000
n: aws-nat-gateway
b: server idleTimeout=15m`,
  },
  {
    thread: "encode/httpcore#1081",
    figures: "Global Accelerator's 340 s; cured with keepalive options of the socket",
    hops: `a: httpx poolIdleTimeout=10m
n: box idleTimeout=340s
b: server idleTimeout=15m`,
    finds: "box-forgets-first a.poolIdleTimeout n.idleTimeout b.idleTimeout",
    cured: `a: httpx poolIdleTimeout=10m tcpKeepaliveMs=60000
n: box idleTimeout=340s
b: server idleTimeout=15m`,
  },
  {
    thread: "cloudfoundry/routing-release#116",
    figures: "900 s behind 600 s of a TCP balancer; cured with 60 s",
    hops: `a: client poolIdleTimeout=20m
n: gcp-network-balancer
b: server idleTimeout=900s`,
    finds: "box-forgets-first a.poolIdleTimeout n.idleTimeout b.idleTimeout",
    cured: `a: client poolIdleTimeout=50s
n: gcp-network-balancer
b: server idleTimeout=60s`,
  },
  {
    thread: "hortonworks/cloudbreak-images#552",
    figures: "the host's 2 h under 350 s; cured with 300 s",
    hops: `a: client poolIdleTimeout=1h tcpKeepalive=true
n: aws-nlb
b: server idleTimeout=2h`,
    finds: "keepalive-too-slow a.hostTcpKeepalive n.idleTimeout",
    cured: `a: client poolIdleTimeout=1h tcpKeepalive=true hostTcpKeepalive=300s
n: aws-nlb
b: server idleTimeout=2h`,
  },
  {
    thread: "chime/alternat#62",
    figures: "a 2 h hang, tcp_keepalive_time, behind NAT",
    hops: `a: client poolIdleTimeout=never tcpKeepalive=true
n: aws-nat-gateway
b: server idleTimeout=never`,
    finds: "keepalive-too-slow a.hostTcpKeepalive n.idleTimeout",
    cured: `a: client poolIdleTimeout=never tcpKeepalive=true hostTcpKeepalive=60s
n: aws-nat-gateway
b: server idleTimeout=never`,
  },
  {
    thread: "dimagi/commcare-cloud#4594",
    figures:
      "keepalives slower than 350 s; cured with 300 s, which dimagi/commcare-cloud#4691 names as what there was then",
    standIns: ["a.tcpKeepaliveMs"],
    hops: `a: client poolIdleTimeout=never tcpKeepaliveMs=600000
n: aws-nlb
b: server idleTimeout=never`,
    finds: "keepalive-too-slow a.tcpKeepalive n.idleTimeout",
    cured: `a: client poolIdleTimeout=never tcpKeepaliveMs=300000
n: aws-nlb
b: server idleTimeout=never`,
  },
  {
    thread: "momentohq/client-sdk-rust#80",
    figures: "idle beyond 350 s",
    standIns: ["a.poolIdleTimeout", "b.idleTimeout"],
    hops: `a: client poolIdleTimeout=never
n: aws-nlb
b: server idleTimeout=never`,
    finds: "box-forgets-first a.poolIdleTimeout n.idleTimeout b.idleTimeout",
    cured: `a: client poolIdleTimeout=never tcpKeepaliveMs=120000
n: aws-nlb
b: server idleTimeout=never`,
  },
  {
    thread: "eksctl-io/eksctl#8871",
    figures: "security groups on Nitro v6: 350 s; 432000 s before",
    hops: `a: client poolIdleTimeout=never
n: aws-security-group@6
b: server idleTimeout=never`,
    finds: "box-forgets-first a.poolIdleTimeout n.idleTimeout b.idleTimeout",
    cured: `a: client poolIdleTimeout=never
n: aws-security-group@6
b: server idleTimeout=never serverTcpKeepaliveMs=60000`,
  },
  {
    thread: "aws/karpenter-provider-aws#8070",
    figures: "the same on nodes; the remedy is the interface's setting",
    hops: `a: client poolIdleTimeout=10m
n: aws-security-group@6
b: server idleTimeout=20m`,
    finds: "box-forgets-first a.poolIdleTimeout n.idleTimeout b.idleTimeout",
    cured: `a: client poolIdleTimeout=10m
n: aws-security-group@6 idleTimeout=432000s
b: server idleTimeout=20m`,
  },
  {
    thread: "Kong/kong#9169",
    figures: "350 s in front of Kong; cured with so_keepalive",
    hops: `a: client poolIdleTimeout=never
n: aws-nlb
b: kong idleTimeout=never
s: server idleTimeout=90s`,
    finds: "box-forgets-first a.poolIdleTimeout n.idleTimeout b.idleTimeout",
    cured: `a: client poolIdleTimeout=never
n: aws-nlb
b: kong idleTimeout=never serverTcpKeepaliveMs=60000
s: server idleTimeout=90s`,
  },
  {
    thread: "confluentinc/librdkafka#3289",
    figures: "connections kept for ever through a balancer of 4 minutes; cured by a maximum idle time",
    hops: `a: client poolIdleTimeout=never
n: azure-load-balancer
b: server idleTimeout=10m`,
    finds: "box-forgets-first a.poolIdleTimeout n.idleTimeout b.idleTimeout",
    cured: `a: client poolIdleTimeout=180s
n: azure-load-balancer
b: server idleTimeout=10m`,
  },
  {
    thread: "dapr/dotnet-sdk#1739",
    figures: "an ALB does not forward PINGs; cured with calls of the application",
    hops: `a: dotnet-httpclient readIdleTimeout=30s
b: aws-alb protocol=http2
c: server protocol=http2`,
    more: "carries: [streams]",
    finds: "ping-not-activity a.readIdleTimeout b.streamIdleTimeout",
    cured: `a: dotnet-httpclient readIdleTimeout=30s heartbeat=30s
b: aws-alb protocol=http2
c: server protocol=http2 streamIdleTimeout=never`,
  },
  {
    thread: "hashicorp/waypoint#1735",
    figures: "a classic balancer's 60 s; quiet streams",
    standIns: ["a.tcpKeepaliveMs", "a.readIdleTimeout"],
    hops: `a: grpc-go-client tcpKeepaliveMs=15000 readIdleTimeout=60s
b: aws-clb
c: grpc-go-server`,
    more: "carries: [streams]",
    finds: "ping-not-activity a.tcpKeepalive b.streamIdleTimeout",
    cured: `a: grpc-go-client tcpKeepaliveMs=15000 readIdleTimeout=60s heartbeat=20s
b: aws-clb
c: grpc-go-server`,
  },
  {
    thread: "kubernetes/client-go#374",
    figures: "no health check: connections hang until the kernel gives up",
    hops: `a: kubernetes-client@1.10 readIdleTimeout=never
b: kube-apiserver`,
    more: "carries: [watches]",
    finds: "no-health-check a.readIdleTimeout",
    cured: `a: kubernetes-client@1.20
b: kube-apiserver`,
  },
  {
    thread: "golang/go#39337",
    figures: "a Transport without ReadIdleTimeout",
    hops: `a: go-client
b: kube-apiserver`,
    more: "carries: [watches]",
    finds: "no-health-check a.readIdleTimeout",
    cured: `a: go-client readIdleTimeout=30s
b: kube-apiserver`,
  },
  {
    thread: "kubernetes/kubernetes#121793",
    figures: "30 s + 15 s against 40 s",
    hops: `a: kubernetes-client
b: kube-apiserver`,
    more: DETECTOR("1.28"),
    finds: "slow-health-check a.readIdleTimeout a.pingTimeout kcm.nodeMonitorGracePeriod",
    cured: `a: kubernetes-client readIdleTimeout=15s pingTimeout=15s
b: kube-apiserver`,
    curedMore: DETECTOR("1.28"),
  },
  {
    thread: "openshift/kubernetes#2385",
    figures: "the same; cured by a longer grace period",
    hops: `a: kubernetes-client
b: kube-apiserver`,
    more: DETECTOR("1.31"),
    finds: "slow-health-check a.readIdleTimeout a.pingTimeout kcm.nodeMonitorGracePeriod",
    cured: `a: kubernetes-client
b: kube-apiserver`,
    curedMore: DETECTOR("1.31", "    settings: { nodeMonitorGracePeriod: 55s }\n"),
  },
  {
    thread: "kubernetes-sigs/aws-load-balancer-controller#1864",
    figures: "targets that reach themselves with client addresses kept",
    hops: `a: client
n: aws-nlb clientIpPreservation=true
b: server`,
    more: "clientsAreTargets: true",
    finds: "hairpin-prone n.clientIpPreservation",
    cured: `a: client
n: aws-nlb clientIpPreservation=false
b: server`,
  },
  {
    thread: "kubernetes/cloud-provider-aws#1160",
    figures: "the same for control planes",
    hops: `a: kubernetes-client
n: aws-nlb clientIpPreservation=true
b: kube-apiserver`,
    more: "carries: [watches]\nclientsAreTargets: true",
    finds: "hairpin-prone n.clientIpPreservation",
    cured: `a: kubernetes-client
n: aws-nlb clientIpPreservation=false
b: kube-apiserver`,
  },
  {
    thread: "envoyproxy/envoy#36450",
    figures: "GOAWAY at 10,000 requests; cured with 9500",
    hops: `u: client
a: envoy
b: aws-alb role=proxy protocol=http2`,
    finds: "connection-lifetime a.poolMaxRequests b.maxRequests",
    cured: `u: client
a: envoy poolMaxRequests=9500
b: aws-alb role=proxy protocol=http2`,
  },
  {
    thread: "llm-d/llm-d-kv-cache#359",
    figures: "10 s against 300 s; cured with 5 minutes",
    hops: `a: grpc-go-client pingInterval=10s
b: grpc-go-server`,
    more: "carries: [streams]",
    finds: "ping-too-fast a.pingInterval b.minPingInterval",
    cured: `a: grpc-go-client pingInterval=5m heartbeat=60s
b: grpc-go-server`,
  },
  {
    thread: "thanos-io/thanos#8799",
    figures: "10 s against 5 minutes; cured with MinTime 10 s",
    hops: `a: grpc-go-client pingInterval=10s
b: grpc-go-server`,
    more: "carries: [streams]",
    finds: "ping-too-fast a.pingInterval b.minPingInterval",
    cured: `a: grpc-go-client pingInterval=10s
b: grpc-go-server minPingInterval=10s`,
  },
  {
    thread: "grpc/grpc#33661",
    figures: "4 s against 5 minutes",
    hops: `a: client protocol=http2 pingInterval=4s
b: server protocol=http2 minPingInterval=300s`,
    more: "carries: [streams]",
    finds: "ping-too-fast a.pingInterval b.minPingInterval",
    cured: `a: client protocol=http2 pingInterval=4s
b: server protocol=http2 minPingInterval=4s`,
  },
  {
    thread: "marieai/marie-ai#162",
    figures: "30 s against 5 minutes",
    hops: `a: grpc-go-client pingInterval=30s
b: grpc-go-server`,
    more: "carries: [streams]",
    finds: "ping-too-fast a.pingInterval b.minPingInterval",
    cured: `a: grpc-go-client pingInterval=30s
b: grpc-go-server minPingInterval=20s`,
  },
  {
    thread: "zeromicro/go-zero#3250",
    figures: "PINGs without calls",
    hops: `a: grpc-go-client pingInterval=20s pingsWithoutStreams=true
b: grpc-go-server minPingInterval=10s`,
    more: "carries: [streams]",
    finds: "ping-too-fast a.pingInterval b.minPingIntervalIdle",
    cured: `a: grpc-go-client pingInterval=20s pingsWithoutStreams=true
b: grpc-go-server minPingInterval=10s minPingIntervalIdle=10s`,
  },
  {
    thread: "EclipseFdn/open-vsx.org#12422",
    figures: "25 s under a delay of 30 s; cured with 35 s",
    hops: `u: client
a: aws-alb deregistrationDelay=30s
b: server preStop=25s terminationGrace=75s idleTimeout=90s`,
    finds: "drain-before-deregistration a.deregistrationDelay b.preStop",
    cured: `u: client
a: aws-alb deregistrationDelay=30s
b: server preStop=35s terminationGrace=75s idleTimeout=90s`,
  },
  {
    thread: "kubernetes-sigs/aws-load-balancer-controller#1719",
    figures: "60 s under a delay of 300 s",
    hops: `u: client
a: aws-alb deregistrationDelay=300s
b: server preStop=60s idleTimeout=90s`,
    finds: "drain-before-deregistration a.deregistrationDelay b.preStop",
    cured: `u: client
a: aws-alb deregistrationDelay=30s
b: server preStop=41s idleTimeout=90s`,
  },
  {
    thread: "kubernetes-sigs/aws-load-balancer-controller#1064",
    figures: "5 s; cured with 25 s, 30 s to drain and 60 s of grace",
    hops: `u: client
a: aws-alb deregistrationDelay=20s
b: server preStop=5s idleTimeout=90s`,
    finds: "drain-before-deregistration a.deregistrationDelay b.preStop",
    cured: `u: client
a: aws-alb deregistrationDelay=20s
b: server preStop=25s drain=30s terminationGrace=60s idleTimeout=90s`,
  },
  {
    thread: "quay/quay#6871",
    figures: "30 s against two checks 15 s apart; cured with 45 s",
    hops: `u: client
a: aws-alb deregistrationDelay=0s healthCheckInterval=15s unhealthyThreshold=2
b: server preStop=29s idleTimeout=90s`,
    finds: "drain-before-deregistration a.healthCheckInterval b.preStop",
    cured: `u: client
a: aws-alb deregistrationDelay=0s healthCheckInterval=15s unhealthyThreshold=2
b: server preStop=45s idleTimeout=90s`,
  },
  {
    thread: "mattrobinsonsre/terrapod#222",
    figures: "5 s too short, 30 s chosen; a delay of 20 s stands before it",
    standIns: ["a.deregistrationDelay"],
    hops: `u: client
a: aws-alb deregistrationDelay=20s
b: server preStop=5s idleTimeout=90s`,
    finds: "drain-before-deregistration a.deregistrationDelay b.preStop",
    cured: `u: client
a: aws-alb deregistrationDelay=20s
b: server preStop=30s idleTimeout=90s`,
  },
  {
    thread: "jenkins-infra/helpdesk#3908",
    figures: "more connections to one destination than source ports (figures chosen)",
    standIns: ["connectionsPerClient", "newConnectionsPerSecond"],
    hops: `a: client
b: server`,
    more: "load: { connectionsPerClient: 500, newConnectionsPerSecond: 600 }",
    finds: "port-range-too-small a.localPortFirst a.localPortLast",
    cured: `a: client
b: server`,
    curedMore: "load: { connectionsPerClient: 500, newConnectionsPerSecond: 20 }",
  },
];
