// Whatever goes wrong, as one error.

interface Facts {
  /** Of the HTTP answer; undefined where there was none. */
  status?: number | undefined;
  /** The service's word for it; `connection_error` where it is not the service that says so. */
  type: string;
  requestId?: string | undefined;
  /** How long the service asks to be left alone. */
  retryAfterMs?: number | undefined;
}

export class AsyncMessagesError extends Error {
  override readonly name = "AsyncMessagesError";
  declare readonly status: number | undefined;
  declare readonly type: string;
  declare readonly requestId: string | undefined;
  declare readonly retryAfterMs: number | undefined;

  constructor(message: string, facts: Facts) {
    super(message);
    Object.assign(this, facts);
  }
}

/** True where the same request may fare better later. */
export function isTransient({ status }: AsyncMessagesError): boolean {
  return status === undefined || status === 408 || status === 429 || status >= 500;
}

/** No answer, or none that makes sense. */
export function toConnectionError(cause: unknown): AsyncMessagesError {
  const why = cause instanceof Error ? cause.message : cause;
  return new AsyncMessagesError(`The connection failed: ${why}`, { type: "connection_error" });
}

/** What an answer that is no success says; of a body that is not ours, such as a proxy's, nothing. */
export async function toProblem(response: Response): Promise<AsyncMessagesError> {
  const { status, headers } = response;
  const body = (await response.json().catch(() => null)) as ErrorBody | null;
  return new AsyncMessagesError(body?.error?.message ?? `The service answered ${status}.`, {
    status,
    type: body?.error?.type ?? "api_error",
    requestId: body?.request_id ?? headers.get("request-id") ?? undefined,
    retryAfterMs: Number(headers.get("retry-after")) * 1000 || undefined,
  });
}

interface ErrorBody {
  error?: { type: string; message: string };
  request_id?: string;
}
