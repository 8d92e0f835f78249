// What is used here of packages that come without types.

declare module "jsdom" {
  export class JSDOM {
    constructor(html: string, options: { pretendToBeVisual: boolean });
    readonly window: Window;
  }
}

declare module "react" {
  export function createElement(component: () => null): unknown;
}

declare module "react-dom/client" {
  export function createRoot(container: Element): {
    render(element: unknown): void;
    unmount(): void;
  };
}
