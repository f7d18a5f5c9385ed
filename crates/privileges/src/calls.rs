//! Which system calls the program may make: seccomp. All others fail with EPERM, as they would for want of rights, so that
//! a library that only tries something goes on without it. To kill the program would let a call of a new library
//! version end the mail of all people.

use std::collections::BTreeMap;

use libc::{
    AF_INET, AF_INET6, AF_NETLINK, AF_UNIX, CLONE_THREAD, EPERM, FIONBIO, PR_GET_NAME, PR_SET_NAME,
    PR_SET_VMA, PROT_EXEC, PROT_WRITE, TCGETS, TIOCGWINSZ,
};
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule,
};

use crate::paths::Enforced;

/// Asks which features the processor has (Linux 6.4); `libc` does not name it yet.
const PR_GET_AUXV: i32 = 0x4155_5856;

/// What is allowed, whatever its arguments. Each group says who needs it.
#[rustfmt::skip]
const ALLOWED: &[i64] = &[
    // Files: the store, the index, the certificate.
    libc::SYS_read, libc::SYS_write, libc::SYS_readv, libc::SYS_writev, libc::SYS_pread64, libc::SYS_pwrite64,
    libc::SYS_preadv, libc::SYS_pwritev, libc::SYS_preadv2, libc::SYS_pwritev2, libc::SYS_close, libc::SYS_openat,
    libc::SYS_fstat, libc::SYS_newfstatat, libc::SYS_statx, libc::SYS_lseek, libc::SYS_fcntl, libc::SYS_flock,
    libc::SYS_fsync, libc::SYS_fdatasync, libc::SYS_ftruncate, libc::SYS_fallocate, libc::SYS_fadvise64,
    libc::SYS_mkdirat, libc::SYS_unlinkat, libc::SYS_renameat2, libc::SYS_linkat, libc::SYS_getdents64,
    libc::SYS_fstatfs, libc::SYS_statfs, libc::SYS_faccessat, libc::SYS_faccessat2, libc::SYS_fchmod,
    libc::SYS_fchmodat, libc::SYS_readlinkat, libc::SYS_getcwd, libc::SYS_dup, libc::SYS_dup3, libc::SYS_umask,
    // Memory: the allocator, stacks of threads.
    libc::SYS_munmap, libc::SYS_mremap, libc::SYS_madvise, libc::SYS_brk, libc::SYS_mincore,
    // Threads. `clone` itself is below.
    libc::SYS_futex, libc::SYS_set_robust_list, libc::SYS_rseq, libc::SYS_set_tid_address, libc::SYS_exit,
    libc::SYS_exit_group, libc::SYS_gettid, libc::SYS_getpid, libc::SYS_tgkill, libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity, libc::SYS_getpriority, libc::SYS_setpriority, libc::SYS_membarrier, libc::SYS_getcpu,
    // Signals.
    libc::SYS_rt_sigaction, libc::SYS_rt_sigprocmask, libc::SYS_rt_sigreturn, libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    // Time and waiting.
    libc::SYS_clock_gettime, libc::SYS_clock_getres, libc::SYS_clock_nanosleep, libc::SYS_nanosleep,
    libc::SYS_gettimeofday, libc::SYS_epoll_create1, libc::SYS_epoll_ctl, libc::SYS_epoll_pwait, libc::SYS_eventfd2,
    libc::SYS_pipe2, libc::SYS_ppoll, libc::SYS_pselect6,
    // The network. `socket` itself is below; TCP ports are bound before, and landlock lets none be bound later.
    libc::SYS_connect, libc::SYS_accept, libc::SYS_accept4, libc::SYS_bind, libc::SYS_listen, libc::SYS_getsockname,
    libc::SYS_getpeername, libc::SYS_sendto, libc::SYS_recvfrom, libc::SYS_sendmsg, libc::SYS_recvmsg,
    libc::SYS_sendmmsg, libc::SYS_recvmmsg, libc::SYS_shutdown, libc::SYS_setsockopt, libc::SYS_getsockopt,
    // Questions to the system, random numbers, the limit of open files.
    libc::SYS_uname, libc::SYS_sysinfo, libc::SYS_getrandom, libc::SYS_prlimit64, libc::SYS_getrusage,
    libc::SYS_getuid, libc::SYS_geteuid, libc::SYS_getgid, libc::SYS_getegid, libc::SYS_getppid,
];

/// The older names of some of them, which only this processor has and the C library still uses.
#[cfg(target_arch = "x86_64")]
#[rustfmt::skip]
const ALLOWED_TOO: &[i64] = &[
    libc::SYS_open, libc::SYS_stat, libc::SYS_lstat, libc::SYS_access, libc::SYS_poll, libc::SYS_select,
    libc::SYS_epoll_wait, libc::SYS_mkdir, libc::SYS_rmdir, libc::SYS_unlink, libc::SYS_rename, libc::SYS_link,
    libc::SYS_readlink, libc::SYS_chmod, libc::SYS_dup2, libc::SYS_pipe, libc::SYS_getrlimit, libc::SYS_time,
    libc::SYS_renameat, libc::SYS_arch_prctl,
];
#[cfg(not(target_arch = "x86_64"))]
const ALLOWED_TOO: &[i64] = &[];

/// What is answered as if the kernel did not have it, so that the C library takes the older call, whose arguments can be
/// seen or which is allowed: `clone3` hides what it is to make.
const UNKNOWN: &[i64] =
    &[libc::SYS_clone3, libc::SYS_epoll_pwait2, libc::SYS_openat2, libc::SYS_close_range];

/// Lets no other call be made from here on by the calling thread and those that it starts.
pub(crate) fn restrict() -> Enforced {
    // The narrow filter last: after it none can be added.
    match unknown().and_then(|unknown| Ok([unknown, allowed()?])) {
        Ok(filters) => {
            for filter in filters {
                if let Err(error) = seccompiler::apply_filter(&filter) {
                    return Enforced::Not(format!("the kernel takes no seccomp filter: {error}"));
                }
            }
            Enforced::Fully
        }
        Err(error) => Enforced::Not(format!("there is no seccomp filter: {error}")),
    }
}

fn allowed() -> Result<BpfProgram, BackendError> {
    let any = ALLOWED.iter().chain(ALLOWED_TOO).chain(UNKNOWN).map(|call| (*call, Vec::new()));
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = any.collect();
    // Threads, no processes.
    rules.insert(libc::SYS_clone, one_of(0, Some(CLONE_THREAD), &[CLONE_THREAD])?);
    // Memory that can be run is never written: libraries for name resolution are mapped, nothing is made up.
    let (write, run) = (PROT_WRITE, PROT_EXEC);
    rules.insert(libc::SYS_mmap, one_of(2, Some(write | run), &[0, write, run])?);
    rules.insert(libc::SYS_mprotect, one_of(2, Some(run), &[0])?);
    // The netlink socket is the C library's: it asks which addresses this machine has.
    let families = [AF_UNIX, AF_INET, AF_INET6, AF_NETLINK];
    rules.insert(libc::SYS_socket, one_of(0, None, &families)?);
    rules.insert(libc::SYS_socketpair, one_of(0, None, &[AF_UNIX])?);
    // Names of threads and, by the allocator, of memory; features of the processor.
    let questions = [PR_SET_NAME, PR_GET_NAME, PR_SET_VMA, PR_GET_AUXV];
    rules.insert(libc::SYS_prctl, one_of(0, None, &questions)?);
    let requests = [number(TCGETS), number(TIOCGWINSZ), number(FIONBIO)];
    rules.insert(libc::SYS_ioctl, one_of(1, None, &requests)?);
    let refused = SeccompAction::Errno(EPERM.unsigned_abs());
    filter(rules, refused, SeccompAction::Allow)
}

fn unknown() -> Result<BpfProgram, BackendError> {
    let rules = UNKNOWN.iter().map(|call| (*call, Vec::new())).collect();
    let unknown = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    filter(rules, SeccompAction::Allow, unknown)
}

fn filter(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    otherwise: SeccompAction,
    matched: SeccompAction,
) -> Result<BpfProgram, BackendError> {
    let processor = std::env::consts::ARCH.try_into()?;
    SeccompFilter::new(rules, otherwise, matched, processor)?.try_into()
}

/// Allows a call when this argument, or the bits of it that the mask has, is one of these.
fn one_of(
    argument: u8,
    mask: Option<i32>,
    values: &[i32],
) -> Result<Vec<SeccompRule>, BackendError> {
    let octets = |number: i32| u64::from(number.cast_unsigned());
    values
        .iter()
        .map(|value| {
            let compare =
                mask.map_or(SeccompCmpOp::Eq, |mask| SeccompCmpOp::MaskedEq(octets(mask)));
            let length = SeccompCmpArgLen::Dword;
            let condition = SeccompCondition::new(argument, length, compare, octets(*value))?;
            SeccompRule::new(vec![condition])
        })
        .collect()
}

/// The number of a request to a device: only its lower half is looked at.
fn number(request: libc::Ioctl) -> i32 {
    i32::try_from(request).unwrap_or_default()
}
