#include <uv.h>
#include <sys/timerfd.h>

/* libuv sends one datagram per system call; Linux takes many (recvmmsg(2), sendmmsg(2)). glibc shows these two only
   under _GNU_SOURCE, which the Swift importer does not set, so they are declared here as their manual pages have them. */
#ifndef __USE_GNU
struct mmsghdr {
    struct msghdr msg_hdr;
    unsigned int msg_len;
};
int recvmmsg(int socket, struct mmsghdr *messages, unsigned int count, int flags, struct timespec *timeout);
int sendmmsg(int socket, struct mmsghdr *messages, unsigned int count, int flags);
#endif
