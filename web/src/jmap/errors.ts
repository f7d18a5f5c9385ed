// What can go wrong with a request. Whoever shows it words it by `kind`, or by the `type` of a method's error.

/** The host could not be reached: no network, or nobody answers. */
export class Unreachable extends Error {
  readonly kind = "unreachable";
}

/** The login is over. */
export class LoggedOut extends Error {
  readonly kind = "loggedOut";
}

/** The host answered that it does not do this. */
export class Refused extends Error {
  readonly kind = "refused";
  constructor(
    readonly status: number,
    readonly type: string,
    detail: string,
  ) {
    super(detail);
  }
}

/** A method failed (RFC 8620, 3.6.2). */
export class MethodError extends Error {
  readonly kind = "method";
  constructor(
    readonly method: string,
    readonly type: string,
    readonly details: Record<string, unknown>,
  ) {
    super(`${method}: ${type}`);
  }
}
