/** Every subject on the bus. Tokens are constants, so nothing a client says can become one. */
export const SUBJECTS = {
  /** RouteRequest → RouteReply: gateways ask, routers respond. */
  route: 'isthmus.v1.route',
  /** AuthenticateRequest → AuthenticateReply: gateways ask, the directory responds. */
  authenticate: 'isthmus.v1.directory.authenticate',
  /** ScramRequest → ScramReply: the XMPP gateway asks, the directory responds. */
  scram: 'isthmus.v1.directory.scram',
  /** ResolveRequest → ResolveReply: routers ask, the directory responds. */
  resolve: 'isthmus.v1.directory.resolve',
  /** DirectoryChanged: the directory publishes, routers and gateways listen. */
  directoryChanged: 'isthmus.v1.directory.changed',
  /** SessionClaimed: gateways publish and listen. */
  sessionClaimed: 'isthmus.v1.session.claimed',
} as const
