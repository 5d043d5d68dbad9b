/** Where the operator takes orders on loopback, unless a setting says otherwise. */
export const ADMIN_PORT = 8081;
