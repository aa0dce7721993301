/** Ids that a person typed may not fit the column's type; casting them would fail the whole query. */
export function fitsColumnType(databaseType: string, id: string): boolean {
  switch (databaseType) {
    case 'int2':
    case 'int4':
    case 'int8': {
      if (!/^-?\d{1,19}$/.test(id)) return false;
      const bits = databaseType === 'int2' ? 15n : databaseType === 'int4' ? 31n : 63n;
      const value = BigInt(id);
      return value < 1n << bits && value >= -(1n << bits);
    }
    case 'numeric':
      return /^-?\d+(\.\d+)?$/.test(id);
    case 'uuid':
      return /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(id);
    default:
      return true;
  }
}
