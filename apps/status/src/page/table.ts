import { make, setText } from '@pinwheel/page/browser/element.js';

/** The contents of a cell. */
export interface Cell {
  readonly text: string;
  /** CSS class: `zero` is dimmed, `problem` is highlighted. */
  readonly tone?: string;
  /** A longer text for the tooltip. */
  readonly title?: string;
}

export interface Column<Row> {
  readonly label: string;
  /** Explains the label. */
  readonly title?: string;
  /** Heading above all columns of the same group. */
  readonly group?: string;
  /** True when the cells contain words instead of numbers. */
  readonly words?: boolean;
  readonly show: (row: Row) => Cell;
}

export interface TableOptions<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  /** Heading of the first column. */
  readonly heading: string;
  /** The first cell of a row, made once. */
  readonly head: (row: Row) => Node;
  /** Identifies a row from one status to the next. */
  readonly key: (row: Row) => string;
  /** Extra work for a new row and for every update; the row's last cell belongs to it. */
  readonly each?: (element: HTMLElement, row: Row) => void;
  /** Adds a last cell to each row, which `each` updates. */
  readonly actions?: string;
}

interface Drawn {
  readonly element: HTMLTableRowElement;
  readonly cells: readonly HTMLTableCellElement[];
}

/** A count, dimmed when it is 0. */
export function count(value: number, text: string, tone = ''): Cell {
  return { text, tone: value === 0 ? 'zero' : tone };
}

/** A table whose rows stay in place while their texts change. */
export class Table<Row> {
  /** The box in which the table scrolls. */
  readonly element: HTMLElement;
  readonly #options: TableOptions<Row>;
  readonly #body = make('tbody', '');
  readonly #foot = make('tfoot', '');
  readonly #rows = new Map<string, Drawn>();
  #sum: Drawn | undefined;

  constructor(options: TableOptions<Row>) {
    this.#options = options;
    const table = make('table', '');
    table.append(make('caption', 'unseen', options.caption), this.#makeHead(), this.#body, this.#foot);
    this.element = make('div', 'table-box');
    this.element.tabIndex = 0;
    this.element.role = 'region';
    this.element.ariaLabel = options.caption;
    this.element.append(table);
  }

  #makeHead(): HTMLElement {
    const { columns, heading, actions } = this.#options;
    const head = make('thead', '');
    const groups = make('tr', 'groups');
    const labels = make('tr', '');
    const first = make('th', 'name', heading);
    first.scope = 'col';
    labels.append(first);
    if (columns.some(({ group }) => group !== undefined)) {
      groups.append(make('td', ''));
      head.append(groups);
    }
    let last: HTMLTableCellElement | undefined;
    let lastGroup: string | undefined;
    for (const { label, title, group, words } of columns) {
      const cell = make('th', words === true ? 'words' : '', label);
      cell.scope = 'col';
      if (title !== undefined) cell.title = title;
      const begins = last === undefined || group !== lastGroup;
      if (begins) cell.classList.add('begins');
      labels.append(cell);
      if (!begins && last !== undefined) {
        last.colSpan++;
      } else {
        last = make(group === undefined ? 'td' : 'th', 'begins', group ?? '');
        if (group !== undefined) last.scope = 'colgroup';
        lastGroup = group;
        groups.append(last);
      }
    }
    if (actions !== undefined) {
      groups.append(make('td', ''));
      const cell = make('th', 'words begins', actions);
      cell.scope = 'col';
      labels.append(cell);
    }
    head.append(labels);
    return head;
  }

  /** @param sum a last row for the sum of all */
  show(rows: readonly Row[], sum?: { readonly name: string; readonly row: Row }): void {
    const { key, head, each } = this.#options;
    const keys = rows.map(key);
    const left = new Set(this.#rows.keys());
    rows.forEach((row, index) => {
      const name = keys[index] ?? '';
      left.delete(name);
      let drawn = this.#rows.get(name);
      if (drawn === undefined) {
        drawn = this.#makeRow(head(row));
        drawn.element.dataset['name'] = name;
        this.#rows.set(name, drawn);
      }
      this.#fill(drawn, row);
      each?.(drawn.element, row);
      if (this.#body.children[index] !== drawn.element) {
        this.#body.insertBefore(drawn.element, this.#body.children[index] ?? null);
      }
    });
    for (const name of left) {
      this.#rows.get(name)?.element.remove();
      this.#rows.delete(name);
    }
    if (sum === undefined) {
      this.#sum = undefined;
      this.#foot.replaceChildren();
      return;
    }
    if (this.#sum === undefined) {
      this.#sum = this.#makeRow(document.createTextNode(sum.name));
      this.#foot.append(this.#sum.element);
    }
    this.#fill(this.#sum, sum.row);
  }

  #makeRow(head: Node): Drawn {
    const { columns, actions } = this.#options;
    const element = make('tr', '');
    const name = make('th', 'name');
    name.scope = 'row';
    name.append(head);
    let group: string | undefined;
    const cells = columns.map((column, index) => {
      const cell = make('td', '');
      cell.dataset['label'] = column.group === undefined ? column.label : `${column.group}, ${column.label}`;
      cell.dataset['kind'] = column.words === true ? 'words' : 'number';
      if (index === 0 || column.group !== group) cell.dataset['begins'] = '';
      group = column.group;
      return cell;
    });
    element.append(name, ...cells);
    if (actions !== undefined) element.append(make('td', 'actions'));
    return { element, cells };
  }

  #fill({ cells }: Drawn, row: Row): void {
    this.#options.columns.forEach(({ show }, index) => {
      const cell = cells[index];
      if (cell === undefined) return;
      const { text, tone = '', title = '' } = show(row);
      setText(cell, text);
      if (cell.className !== tone) cell.className = tone;
      if (cell.title !== title) cell.title = title;
    });
  }
}
