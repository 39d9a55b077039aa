/** `connection_ack`, server to client: the credentials are right, operations may begin. */
export const CONNECTION_ACK = '{"type":"connection_ack"}'
