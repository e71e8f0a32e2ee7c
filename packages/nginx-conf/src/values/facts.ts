export type { Facts, ProxyProtocolFacts, TlsFact, UpstreamAttempt } from '@pinwheel/proxy';
