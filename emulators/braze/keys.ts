import { noPermission, type Reply, unknownKey } from './answers';

/** The API keys of the workspace and what each may do. Unknown and revoked: 401; without the permission: 403. */
export class Keys {
  readonly #permissions: Map<string, readonly string[]>;
  readonly #revoked = new Set<string>();

  constructor(keys: Readonly<Record<string, readonly string[]>>) {
    this.#permissions = new Map(Object.entries(keys));
  }

  revoke(key: string): void {
    this.#revoked.add(key);
  }

  restore(key: string): void {
    this.#revoked.delete(key);
  }

  /** Braze's refusal of this `Authorization` header, or null. Any spelling of "Bearer" will do. */
  refusal(authorization: string | undefined, permission: string): Reply | null {
    const key = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
    const permissions = this.#permissions.get(key);
    if (permissions === undefined || this.#revoked.has(key)) return unknownKey(key);
    return permissions.includes(permission) ? null : noPermission();
  }
}
