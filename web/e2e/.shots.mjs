import { launch, open, visit, picture, accessible, sizes, settled } from '/work/main/web/e2e/browser.mjs'
const only = process.argv[2]
const pages = [
 ['overview','/','需要关注'],['attention','/attention','需要关注的事项'],['indicators','/indicators','平均住院日'],['catalogue','/indicators?view=catalogue','EFF01'],['indicator','/indicators/EFF01?period=2024-11','95% 区间'],['indicator-institutions','/indicators/EFF01?period=2024-11&tab=institutions','云澜市人民医院'],['indicator-definition','/indicators/EFF01?tab=definition','分子'],
 ['explain','/?explain=EFF01&explain_period=2024-11&explain_by=region','口径'],['explain-rows','/?explain=EFF01&explain_period=2024-11&explain_by=region&explain_tab=rows','病案号'],
 ['institutions','/institutions','云澜市人民医院'],['institution','/institutions/__0','平均住院日'],['institution-reporting','/institutions/__0?tab=reporting','1月'],['institution-register','/institutions/__0?tab=register','登记号的含义'],
 ['submissions','/submissions','报送记录'],['reporting','/submissions?tab=reporting','已报'],['submission','/submissions/S100101','FP030'],['findings','/submissions/S100101?tab=findings','主键'],['changes','/submissions/S100101?tab=changes','未变'],['returned','/submissions/__ret','已退回'],['file','/submissions/S100101?tab=file','校验值'],
 ['submit','/submit','点击选择文件'],['zero','/submit?tab=zero','提交零报告'],['datasets','/datasets','住院病案首页'],['dataset','/datasets/frontpage','数据项1'],['missing','/indicators/EFF99','没有找到']]
const meta = await (await fetch(process.env.YIZHENG_URL+'/api/meta')).json()
const ret = (await (await fetch(process.env.YIZHENG_URL+'/api/submissions?size=1000')).json()).rows.find(r=>r.status==='returned')?.id
const b = await launch()
for (const size of (process.argv[3]?sizes:[sizes[0]])) for (const [name, addr, text] of pages) { if (only && only!=='all' && !name.startsWith(only)) continue
 const { page, errors, close } = await open(b, size)
 try { await visit(page, addr.replace('__0', meta.institutions[0].code).replace('__ret', ret), text); await page.waitForTimeout(300); await picture(page, name, size); try { await accessible(page, name) } catch (e) { console.log('AXE', name, e.message.slice(0,1500)) } } catch (e) { console.log('FAIL', name, String(e).slice(0,400)); await picture(page, name+'-fail', size) }
 if (errors.length) console.log('ERR', name, [...new Set(errors)].join('\n').slice(0,800)); await close() }
await b.close()
