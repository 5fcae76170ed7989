"""What is changed in Piccolo Admin's bundle: each piece must be there exactly as often as stated, or no page is given.

The bundle has words, names and buttons that no setting reaches. The release is pinned, so its text is known; `window.LG` is
admin/static/console.js.
"""

from __future__ import annotations

from typing import Final

Patch = tuple[str, str, int]

_SAY: Final = {
    "Successfully saved row": "已保存",
    "Successfully added row": "已新增",
    "The form has errors.": "没有办成，请看上面的说明",
    "Unable to delete the row.": "没有删掉，请看上面的说明",
    "Invalid column name or value": "内容不对，请检查",
    "Method not supported - running in read only mode.": "这里不能这样操作",
    "The server can't be reached - please try later.": "连不上系统，请过一会儿再试",
    "Successfully updated rows": "已修改",
    "Problem logging in": "没有登录成功",
}
_WORDS: Final[tuple[Patch, ...]] = tuple((f'contents:"{old}"', f'contents:"{new}"', -1) for old, new in _SAY.items())

_CHROME: Final[tuple[Patch, ...]] = (
    ('label:"Equals"', 'label:"等于"', 1),
    ('label:"Not Equal"', 'label:"不等于"', 1),
    ('label:"Less Than"', 'label:"小于（早于）"', 1),
    ('label:"Less Than or Equal To"', 'label:"小于等于"', 1),
    ('label:"Greater Than or Equal To"', 'label:"大于等于"', 1),
    ('label:"Greater Than"', 'label:"大于（晚于）"', 1),
    ("value:r},M0(r),9,bT)", "value:r},M0(LG.word(r)),9,bT)", 1),
    ('value:"all"}," All ",', 'value:"all"}," 全部 ",', 2),
    ('value:"null"}," Null ",', 'value:"null"}," 空 ",', 2),
    ('value:"true"}," True ",', 'value:"true"}," 是 ",', 1),
    ('value:"false"}," False ",', 'value:"false"}," 否 ",', 1),
    ('this.isFilter?"All":this.isNullable&&this.value===null?"NULL":""', 'this.isFilter?"全部":""', 1),
    ('placeholder:e.isFilter?"All":"None"', 'placeholder:e.isFilter?"全部":"点这里选"', 1),
    ('placeholder:"Type here to filter"', 'placeholder:"输入名字查找"', 1),
    ('selectResult(null,""),["prevent"]))},"All")', 'selectResult(null,""),["prevent"]))},"全部")', 1),
    ('selectResult(null,"Null"),["prevent"]))},"None")', 'selectResult(null,""),["prevent"]))},"不选")', 1),
    (" Load more", " 再看一些", 1),
    ('"of "+M0(e.pageCount)', '"/ "+M0(e.pageCount)+" 页"', 1),
    ("label:`${c} per page`", "label:`每页 ${c} 条`", 1),
    ("pageOptions:[5,15,30,50,100]", "pageOptions:[15,30,50,100]", 1),
    ('showSuccess("Successfully applied filter")', 'showSuccess("已筛选")', 1),
    ('showSuccess("Successfully cleared filters")', 'showSuccess("已清除条件")', 1),
    ('showSuccess("Successfully deleted row")', 'showSuccess("已删除")', 1),
    ('alert("Successfully deleted row")', 'alert("已删除")', 1),
    ("confirm(`Are you sure you want to delete row ${e}?`)", 'confirm("确定要删除这一条吗？")', 1),
    ('confirm("Are you sure you want to delete this row?")', 'confirm("确定要删除这一条吗？")', 1),
    ('window.confirm("Are you sure you want to logout?")', 'window.confirm("要退出登录吗？")', 1),
    ("location.replace(window.location.pathname)", "LG.login()", 1),
    ('alert("Page not found"),', "LG.gone(),", 1),
    ('e.$router.push({name:"login",query:{nextURL:o}})', "LG.login()", 1),
    (' Add sort column",', ' 再加一列",', 1),
    ('message:{type:String,default:"Uploading file"}', 'message:{type:String,default:"正在上传"}', 1),
    ('let p="The request failed."', 'let p="没有传上去，请再试一次"', 1),
    ('p="The file is too large."', 'p="文件太大，请压缩后再传"', 1),
    ('p="An error happened on the server."', 'p="系统出错了，请过一会儿再试"', 1),
    ('t[0]||(t[0]=U0("Error",-1))', 't[0]||(t[0]=U0("没有办成",-1))', 1),
    ('this.successMessage="Downloaded file"', 'this.successMessage="已下载"', 1),
    ('i.custom_form_success||"Successfully submitted form"', 'i.custom_form_success||"已办好"', 1),
    ('title:"Click for more info"', 'title:"说明"', 1),
    ('title:"Click to toggle children."', 'title:"展开或收起"', 1),
    ('title:"Show tables"', 'title:"展开"', 1),
    ('title:"Hide tables"', 'title:"收起"', 1),
    ('title:"Show forms"', 'title:"展开"', 1),
    ('title:"Hide forms"', 'title:"收起"', 1),
    ('title:"Show links"', 'title:"展开"', 1),
    ('title:"Hide links"', 'title:"收起"', 1),
    ("title:`Select a row from ${e.readableTableName}`", "title:`从“${e.readableTableName}”里选`", 1),
    ('title:"Edit Row"', 'title:"查看"', 1),
    ('title:"Delete Row"', 'title:"删除"', 1),
    ('title:"Remove"', 'title:"去掉"', -1),
    ('title:"View"', 'title:"看照片"', -1),
)

_NAMES: Final[tuple[Patch, ...]] = (
    ('readableTableName(){return this.tableName.split("_").join(" ")}', "readableTableName(){return LG.table(this.tableName)}", 1),
    ('function Cb(e){return e.split("_").join(" ")}', "function Cb(e){return LG.table(e)}", 1),
    ('this.tableName?KL(this.tableName.split("_").join(" ")):""', 'this.tableName?LG.table(this.tableName):""', -1),
    ('t0("span",l9,M0(s.tableName),1)', 't0("span",l9,M0(LG.table(s.tableName)),1)', 1),
    ('t0("span",z9,M0(s.columnName),1)', 't0("span",z9,M0(s.label||s.columnName),1)', 1),
    ("value:e.schema.extra.primary_key_name},M0(e.schema.extra.primary_key_name),9,l_)", 'value:e.schema.extra.primary_key_name},"编号",8,l_)', 1),
    ("key:b,value:b},M0(b),9,z_)", "key:b,value:b},M0(M.title),9,z_)", 1),
    ('[...t[14]||(t[14]=[t0("code",null,"NULL",-1)])]', '[...t[14]||(t[14]=[U0("—",-1)])]', 1),
    ("default:J0(()=>[U0(M0(m[g]),1)]),_:2},1032", "default:J0(()=>[U0(M0(LG.cell(e,m,g)),1)]),_:2},1032", 1),
    ("D_,M0(e.abbreviate(m[g])),1)", "D_,M0(LG.cell(e,m,g)),1)", 1),
    ("e.isForeignKey(g)&&m[g]!==null?", 'e.isForeignKey(g)&&m[g]!==null&&LG.can(e.getTableName(g),"read")?', 1),
)  # fmt: skip

# Vue's blocks must stay whole: what comes and goes is a block of its own, what goes for good an empty comment.
_GONE: Final = 'h0("",!0)'
_ADD: Final = (
    'p,{to:{name:"addRow",params:{tableName:e.tableName}},class:"button",onClick:t[1]||(t[1]=B0(m=>e.showAddRow=!0,["prevent"]))},'
    '{default:J0(()=>[z0(a,{icon:"plus"}),t0("span",null,M0(e.$t("Add Row")),1)]),_:1},8,["to"])'
)
_DELETE: Final = (
    '[z0(b,{includeTitle:!0,class:"subtle delete",onTriggered:g=>e.deleteRow(m[e.pkName])},null,8,["onTriggered"])])'
)
_MORE: Final = (
    '[t0("a",{class:"subtle",href:"#","data-uitest":"drop_down_button",onClick:t[0]||(t[0]=B0(l=>e.showDropdown=!e.showDropdown,'
    '["prevent"]))},[z0(c,{icon:"ellipsis-v"}),e.showDropdown?(Z(),R0(s,{key:0},{default:J0(()=>[t0("li",null,[z0(a,{includeTitle:'
    '!0,class:"subtle",onTriggered:e.deleteRow},null,8,["onTriggered"])])]),_:1})):h0("",!0)])])'
)
_SAVE: Final = 'disabled:!e.saveButtonEnabled,"data-uitest":"save_button"},M0(e.$t("Save")),9,W9)'

_RIGHTS: Final[tuple[Patch, ...]] = (
    (
        "e.schema.properties[m]?e.schema.properties[m].title:m)",
        'e.schema.properties[m]?e.schema.properties[m].title:"编号")',
        1,
    ),
    (
        't0("h1",null,M0(e.$t("Edit"))+" "+M0(e.readable(e.tableName)),1)',
        't0("h1",null,M0(LG.title(e.tableName,e.schema,e.selectedRow)),1)',
        1,
    ),
    # Nothing is offered that the person may not do.
    (f"z0({_ADD}", f'LG.can(e.tableName,"create")?(Z(),R0({_ADD.replace("{to", "{key:7,to", 1)}):{_GONE}', 1),
    (
        ",z0(M)])]),e.selectedRows.length>0?",
        ',LG.can(e.tableName,"export")?(Z(),p0("a",{key:9,class:"button",href:"#","data-uitest":"export_button",'
        'onClick:B0(()=>LG.exporting(e.tableName,e.$store.state.filterParams,e.$store.state.orderBy),["prevent"])},'
        '[z0(a,{icon:"download"}),t0("span",null,"导出")])):h0("",!0)])]),e.selectedRows.length>0?',
        1,
    ),
    (f't0("li",null,{_DELETE}', f'LG.can(e.tableName,"delete")?(Z(),p0("li",{{key:7}},{_DELETE}):{_GONE}', 1),
    (f't0("p",null,{_MORE}', f'LG.can(e.tableName,"delete")?(Z(),p0("p",{{key:7}},{_MORE}):{_GONE}', 1),
    (f't0("button",{{{_SAVE}', f'LG.can(e.tableName,"update")?(Z(),p0("button",{{key:7,{_SAVE}):{_GONE}', 1),
    (
        't0("form",{onSubmit:t[1]||(t[1]=B0(l=>e.submitForm(l),["prevent"]))},[e.schema&&e.selectedRow',
        'e.selectedRow&&LG.actions(e.tableName,e.selectedRow).length?(Z(),p0("div",{key:8,class:"lg_actions"},'
        '[(Z(!0),p0(W0,null,Q0(LG.actions(e.tableName,e.selectedRow),x=>(Z(),p0("a",{key:x.name,href:"#",'
        'onClick:B0(()=>e.$router.push(x.to),["prevent"])},M0(x.name),9,["onClick"]))),128))])):h0("",!0),'
        't0("form",{onSubmit:t[1]||(t[1]=B0(l=>e.submitForm(l),["prevent"]))},[e.schema&&e.selectedRow',
        1,
    ),
    # A fixed value is shown as text, so that it is never sent back.
    (
        "b.extra.foreign_key?(Z(),R0(p,{key:0,fieldName:String(l)",
        'b.extra.readonly&&!e.isFilter?(Z(),p0("p",{key:9,class:LG.fixed(e.row,String(l))},M0(LG.show(b,e.row,String(l))),3)):'
        "b.extra.foreign_key?(Z(),R0(p,{key:0,fieldName:String(l)",
        1,
    ),
    ('[e.isFilter?h0("",!0):(Z(),R0(s,{key:0,to:{name:"addRow"', '[!0?h0("",!0):(Z(),R0(s,{key:0,to:{name:"addRow"', 1),
    (
        "!e.isFilter&&e.foreignKeyIDs[l]?",
        '!e.isFilter&&e.foreignKeyIDs[l]&&LG.can(b.extra.foreign_key.to,"read")?',
        1,
    ),
)

_NOT_OURS: Final = (
    't0("li",null,[z0(a,{to:{name:"changePassword"}},{default:J0(()=>[z0(c,{icon:"key"}),U0(M0(e.$t("Change Password")),1)]),_:1})])',
    't0("li",null,[t0("a",{href:"./api/mfa-setup/",onClick:t[1]||(t[1]=p=>p.stopPropagation())},[z0(c,{icon:"mobile-alt"}),'
    'U0(M0(e.$t("MFA Setup")),1)])])',
    't0("li",null,[t0("a",{href:"#",onClick:t[4]||(t[4]=B0((...p)=>e.showTimezoneModal&&e.showTimezoneModal(...p),["prevent"]))},'
    '[z0(c,{icon:"globe"}),U0(M0(e.$t("Set Timezone")),1)])])',
    't0("li",null,[t0("a",{href:"#",onClick:t[5]||(t[5]=B0((...p)=>e.showAboutModal&&e.showAboutModal(...p),["prevent"]))},'
    '[z0(c,{icon:"info-circle"}),U0(M0(e.$t("About"))+" Piccolo ",1)])])',
    't0("li",JS,[t0("a",{href:"#",title:"Translations",onClick:t[1]||(t[1]=B0(b=>e.showLanguageDropdown=!e.showLanguageDropdown,'
    '["prevent"]))},[z0(c,{icon:"language",size:"lg"})]),e.showLanguageDropdown?(Z(),R0(s,{key:0,onCloseDropdown:e.closeDropdown},'
    'null,8,["onCloseDropdown"])):h0("",!0)])',
)
_FRAME: Final[tuple[Patch, ...]] = (
    ('const t=PI.get("csrftoken");e.headers["X-CSRFToken"]=t', 'e.headers["x-csrf-token"]=LG.csrf', 1),
    ('localStorage.getItem(Gs)??"UTC"', '"Asia/Shanghai"', 2),
    # Sign-in, password, second factor, language and time zone are ours, not Piccolo's.
    *((piece, _GONE, 1) for piece in _NOT_OURS),
    ('{path:"/login/",name:"login",component:H9}', '{path:"/login/",name:"login",redirect:"/"}', 1),
    ('component:Z9,props:!0}', 'redirect:"/"}', 1),
    ('M0(e.$t("Welcome to"))+" "+M0(e.siteName)', "M0(e.siteName)", 1),
    # Problems come as ours (RFC 9457), and forms know lists, references and what they were opened for.
    ("function tr(e,t){return t==422?", "function tr(e,t){return LG.errors(e,t);return t==422?", 1),
    ('e.type=="application/json"?JSON.parse(await e.text()):{}', 'e.type.includes("json")?JSON.parse(await e.text()):{}', 1),
    (
        "(Z(),R0(c,{isFilter:!1,key:s,columnName:String(s),type:e.getType(a),value:a.default",
        "a.extra&&a.extra.foreign_key?(Z(),R0(Ib,{key:s,fieldName:String(s),tableName:a.extra.foreign_key.to,"
        'rowID:LG.given(s),readable:LG.given(s+"_readable"),isNullable:!1},null,8,["fieldName","tableName","rowID","readable"])):'
        "(Z(),R0(c,{isFilter:!1,key:s,columnName:String(s),choices:a.extra&&a.extra.choices,type:e.getType(a),value:a.default",
        1,
    ),
)  # fmt: skip

PATCHES: Final = (*_WORDS, *_CHROME, *_NAMES, *_RIGHTS, *_FRAME)


class UnknownBundle(RuntimeError):
    """The bundle does not hold a piece that a patch replaces."""


def patched(bundle: str) -> str:
    """Return the bundle with every patch applied; a count of -1 means once or more. Raises UnknownBundle."""
    for old, new, count in PATCHES:
        found = bundle.count(old)
        if found != count and not (count == -1 and found):
            raise UnknownBundle(f"{found} times instead of {count}: {old}")
        bundle = bundle.replace(old, new)
    return bundle
