"use strict";
// What the console's page and its patched bundle ask: names, rights, the CSRF token, and how a value is shown.
(() => {
  const told = JSON.parse(document.getElementById("console-told").textContent);
  const signIn = "/sign-in/staff?next=" + encodeURIComponent("/admin/");
  const time = new Intl.DateTimeFormat("zh-CN", {
    timeZone: "Asia/Shanghai", year: "numeric", month: "2-digit", day: "2-digit",
    hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
  localStorage.setItem("defaultTimezone", "Asia/Shanghai");

  const formatOf = (property) => property.format || (property.anyOf || []).map((a) => a.format).find(Boolean);
  const shown = (property, row, name) => {
    const value = row ? row[name] : undefined;
    if (value === undefined) return "自动填写";
    if (value === null || value === "") return "（空）";
    const readable = row[name + "_readable"];
    if (readable) return readable;
    if (value === true) return "是";
    if (value === false) return "否";
    const choices = property && property.extra && property.extra.choices;
    if (choices) {
      const found = Object.values(choices).find((c) => c.value === value);
      return found ? found.display_name : String(value);
    }
    if (property && formatOf(property) === "date-time") return time.format(new Date(value));
    const shownAs = property && property.extra && property.extra.shown_as;
    if (shownAs && shownAs[value]) return shownAs[value];
    if (name.endsWith("_fen")) return (value / 100).toFixed(2);
    if (property && property.extra && property.extra.widget === "json") return listed(value);
    return String(value);
  };
  const listed = (text) => {
    const value = JSON.parse(text);
    if (!Array.isArray(value)) return text;
    return value.length ? value.join("、") : "（空）";
  };
  const short = (text) => (text.length > 60 ? text.slice(0, 58) + "…" : text);

  window.LG = {
    csrf: told.csrf,
    table: (name) => told.tables[name] || name,
    can: (table, verb) => (told.rights[table] || []).includes(verb),
    show: shown,
    fixed: (row, name) => "lg_fixed" + (row && name in row ? "" : " lg_auto"),
    title: (table, schema, row) => {
      const link = schema.extra.link_column_name;
      const name = row && link !== schema.extra.primary_key_name ? row[link] : "";
      return (told.tables[table] || table) + (name ? "：" + name : "");
    },
    cell: (view, row, name) => {
      const text = shown(view.schema.properties[name], row, name);
      if (name === view.pkName && text.length > 30) return "编号 " + text.slice(-8);
      return text === "（空）" ? "—" : short(text);
    },
    word: (text) => told.words[text] || text,
    given: (name) => new URLSearchParams(location.hash.split("?")[1] || "").get(name) || undefined,
    actions: (table, row) =>
      told.actions.filter((a) => a.on === table).map((a) => ({
        name: a.name,
        to: {
          name: "addForm", params: { formSlug: a.slug },
          query: { [a.field]: row.id, [a.field + "_readable"]: row.name },
        },
      })),
    login: () => location.replace(signIn),
    gone: () => alert("没有找到这条资料，或者它不归您所在的岗位管。"),
    errors: (body, status) => {
      if (status === 429 || status >= 500 || !body || typeof body !== "object") {
        return [(body && body.detail) || "没有办成，请过一会儿再试。"];
      }
      const schema = document.querySelector("#app").__vue_app__.config.globalProperties.$store.state;
      const titles = { ...(schema.schema || {}).properties, ...(schema.formSchema || {}).properties };
      const lines = (body.errors || []).map((e) => (titles[e.field] ? titles[e.field].title + "：" : "") + e.message);
      return lines.length ? lines : [body.detail || "没有办成，请检查后再试。"];
    },
    exporting: (table, filter, order) => {
      const dialog = document.getElementById("console-export");
      dialog.querySelector("h2").textContent = "导出“" + LG.table(table) + "”";
      dialog.querySelector(".problem").textContent = "";
      dialog.showModal();
      dialog.querySelector("form").onsubmit = async (event) => {
        if (event.submitter.value !== "go") return;
        event.preventDefault();
        const fields = new FormData(event.target);
        const query = new URLSearchParams(filter || {});
        if (order && order.length) {
          query.set("__order", order.map((o) => (o.ascending ? "" : "-") + o.column).join(","));
        }
        const answer = await fetch("./api/export/" + table + "/?" + query, {
          method: "POST",
          headers: { "content-type": "application/json", "x-csrf-token": told.csrf },
          body: JSON.stringify({ format: fields.get("format"), purpose: fields.get("purpose") }),
        });
        if (answer.status === 401) return LG.login();
        if (!answer.ok) {
          const problem = await answer.json();
          dialog.querySelector(".problem").textContent = LG.errors(problem, answer.status).join("；");
          return;
        }
        const link = document.createElement("a");
        link.href = URL.createObjectURL(await answer.blob());
        link.download = answer.headers.get("content-disposition").split("filename=")[1].replaceAll('"', "");
        link.click();
        URL.revokeObjectURL(link.href);
        dialog.close();
      };
    },
  };
})();
