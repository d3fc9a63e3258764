/** Network, mount and process namespaces; the programs end with the first of them. */
const WORLD = ["--net", "--mount", "--pid", "--fork", "--kill-child=SIGKILL", "--mount-proc"];

/** For `unshare`, as root. */
export const AS_ROOT: readonly string[] = WORLD;

/** For `unshare`, without root: a user namespace in which this user is root, since mount(8) serves nobody else. */
export const AS_USER: readonly string[] = ["--user", "--map-root-user", "--mount"];

/**
 * For a second `unshare` within that: nobody in particular, with every capability. As root of a user namespace tcpdump would try to become a user of its
 * own, which is not allowed there (setgroups, user_namespaces(7)).
 */
export const AS_NOBODY: readonly string[] = ["--user", "--map-user=1000", "--map-group=1000", "--keep-caps", ...WORLD];
