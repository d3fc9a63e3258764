/** Names of the scenarios that come with the program: `scenarios/<name>.yaml`. In the order in which they are listed. */
export const BUILT_IN: readonly string[] = [
  "rolling-update-imbalance",
  "goaway-behind-network-balancer",
  "hairpin-loopback",
  "keep-alive-race",
  "accepted-then-abandoned",
  "goaway-mishandled",
  "drain-cut-short",
  "silent-idle-drop",
  "balancer-node-lost",
  "server-killed",
  "snat-port-exhaustion",
  "client-port-exhaustion",
  "silent-server",
  "cluster-5000-nodes",
];
